import type { AttemptRef } from '../../../core/contract/channel.ts';
import { paths } from './gateway.ts';

/** How UnionPay files a product. Queries and refunds have to name the same business type. */
export interface Product {
  readonly path: string;
  readonly bizType: string;
  readonly channelType: string;
  readonly txnSubType: string;
}

/** Gateway payments are business 000201; both kinds of QR code are 000000, told apart by the subtype. Channel 07 is a computer, 08 a phone. */
const products: Readonly<Record<string, Product>> = {
  web: { path: paths.front, bizType: '000201', channelType: '07', txnSubType: '01' },
  wap: { path: paths.front, bizType: '000201', channelType: '08', txnSubType: '01' },
  // A page of the bank that the shopper chose (issInsCode), on a computer.
  netbank: { path: paths.front, bizType: '000201', channelType: '07', txnSubType: '01' },
  app: { path: paths.app, bizType: '000201', channelType: '08', txnSubType: '01' },
  qr: { path: paths.back, bizType: '000000', channelType: '08', txnSubType: '07' },
  barcode: { path: paths.back, bizType: '000000', channelType: '08', txnSubType: '06' },
};

export function productOf(attempt: Pick<AttemptRef, 'product'>): Product | null {
  return Object.hasOwn(products, attempt.product) ? (products[attempt.product] ?? null) : null;
}
