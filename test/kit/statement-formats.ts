import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { Channel, ChannelPlugin } from '../../core/contract/channel.ts';
import adyen from '../../plugins/channels/adyen/index.ts';
import { openAdyen } from '../../plugins/channels/adyen/test/fixture.ts';
import airwallex from '../../plugins/channels/airwallex/index.ts';
import { openAirwallex } from '../../plugins/channels/airwallex/test/fixture.ts';
import alipay from '../../plugins/channels/alipay/index.ts';
import { openAlipay } from '../../plugins/channels/alipay/test/fake-alipay.ts';
import banktransfer from '../../plugins/channels/banktransfer/index.ts';
import checkoutcom from '../../plugins/channels/checkoutcom/index.ts';
import { openCheckout } from '../../plugins/channels/checkoutcom/test/fixture.ts';
import gocardless from '../../plugins/channels/gocardless/index.ts';
import { openGoCardless } from '../../plugins/channels/gocardless/test/fixture.ts';
import mercadopago from '../../plugins/channels/mercadopago/index.ts';
import { openMercadoPago } from '../../plugins/channels/mercadopago/test/fixture.ts';
import mollie from '../../plugins/channels/mollie/index.ts';
import { openMollie } from '../../plugins/channels/mollie/test/fixture.ts';
import paypal from '../../plugins/channels/paypal/index.ts';
import { openPaypal } from '../../plugins/channels/paypal/test/fixture.ts';
import paystack from '../../plugins/channels/paystack/index.ts';
import { openPaystack } from '../../plugins/channels/paystack/test/fixture.ts';
import razorpay from '../../plugins/channels/razorpay/index.ts';
import { openRazorpay } from '../../plugins/channels/razorpay/test/fixture.ts';
import square from '../../plugins/channels/square/index.ts';
import { openSquare } from '../../plugins/channels/square/test/fixture.ts';
import stripe from '../../plugins/channels/stripe/index.ts';
import { openStripe } from '../../plugins/channels/stripe/test/fixture.ts';
import unionpay from '../../plugins/channels/unionpay/index.ts';
import { openUnionpay } from '../../plugins/channels/unionpay/test/fixture.ts';
import wechat from '../../plugins/channels/wechat/index.ts';
import { openWechat } from '../../plugins/channels/wechat/test/fixture.ts';
import xendit from '../../plugins/channels/xendit/index.ts';
import { openXendit } from '../../plugins/channels/xendit/test/fixture.ts';
import yeepay from '../../plugins/channels/yeepay/index.ts';
import { openYeepay } from '../../plugins/channels/yeepay/test/fixture.ts';
import { changeKettle, openKettle, pluginOf } from '../channels/kettle.ts';
import { answered, makeCall, makeKit } from './channel-kit.ts';
import type { Fact } from './statement-facts.ts';
import * as vendors from './statement-vendors.ts';
import { asWorkbook } from './statement-workbook.ts';
import * as writers from './statement-writers.ts';

/** How one vendor tells what happened on a day. */
export interface Format {
  readonly plugin: Pick<ChannelPlugin, 'manifest'>;
  /** The channel as its own tests open it. */
  readonly open: () => Channel;
  /** The documents of a day, as paymux keeps them. */
  readonly tell: (facts: readonly Fact[], day: string) => Promise<readonly writers.Written[]>;
  /** What the notation has no place for. */
  readonly lacks: readonly ('currency' | 'fee')[];
}

const file = (plugin: unknown, open: () => unknown, write: writers.WriteStatement, ...lacks: Format['lacks']) =>
  ({ plugin, open, tell: async (facts, day) => [write(facts, day)], lacks }) as Format;

/** The documents are what the channel makes of the vendor's answers, so that both halves of it are held to the answer. */
const pages = (plugin: unknown, open: () => unknown, serve: vendors.ServeStatement, ...lacks: Format['lacks']) =>
  ({ plugin, open, tell: (facts, day) => fetchAll(open() as Channel, serve(facts, day), day), lacks }) as Format;

async function fetchAll(channel: Channel, answer: (url: URL) => unknown, day: string): Promise<readonly writers.Written[]> {
  const now = () => new Date(Date.parse(`${day}T00:00:00Z`) + 36 * 3_600_000);
  const http = async ({ url }: { readonly url: string }) => answered(200, JSON.stringify(answer(new URL(url))));
  const outcome = await channel.fetchStatement?.(day, makeCall({ http, now }));
  if (outcome?.kind !== 'ready') throw new Error(`the day is ${JSON.stringify(outcome)}`);
  const written: writers.Written[] = [];
  for await (const { name, content } of outcome.documents) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    written.push({ name, content: Buffer.concat(parts) });
  }
  return written;
}

const kettle = { statement: writers.kettleStatement };
const bank = { ...{ account_holder: 'Tea Ltd', account_number: 'DE89370400440532013000' }, bank_name: 'Bank of Tea', currency: 'CNY' };
const openBank = () => banktransfer.open({ id: 'acc_1', livemode: false, config: { ...bank, ...writers.bankColumns } }, makeKit());
const declared = pluginOf(changeKettle(kettle));

export const formats: Readonly<Record<string, Format>> = {
  wechat: file(wechat, openWechat, writers.writeWechat),
  alipay: file(alipay, openAlipay, writers.writeAlipay, 'currency'),
  unionpay: file(unionpay, openUnionpay, writers.writeUnionpay, 'currency'),
  yeepay: file(yeepay, openYeepay, writers.writeYeepay, 'currency'),
  adyen: file(adyen, openAdyen, writers.writeAdyen),
  checkoutcom: file(checkoutcom, openCheckout, writers.writeCheckout),
  banktransfer: file(banktransfer, openBank, writers.writeBank, 'currency', 'fee'),
  declared: file(declared, () => openKettle(kettle), writers.writeKettle, 'currency'),
  'wechat as a workbook': file(wechat, openWechat, asWorkbook(writers.writeWechat, 'utf-8', false)),
  'alipay as a workbook': file(alipay, openAlipay, asWorkbook(writers.writeAlipay, 'gb18030', false), 'currency'),
  'yeepay as a workbook': file(yeepay, openYeepay, asWorkbook(writers.writeYeepay, 'utf-8', '"'), 'currency'),
  'adyen as a workbook': file(adyen, openAdyen, asWorkbook(writers.writeAdyen, 'utf-8', '"')),
  'checkoutcom as a workbook': file(checkoutcom, openCheckout, asWorkbook(writers.writeCheckout, 'utf-8', '"')),
  'declared as a workbook': file(declared, () => openKettle(kettle), asWorkbook(writers.writeKettle, 'gb18030', '"'), 'currency'),
  stripe: pages(stripe, openStripe, vendors.serveStripe),
  paypal: pages(paypal, openPaypal, vendors.servePaypal),
  square: pages(square, openSquare, vendors.serveSquare),
  mollie: pages(mollie, openMollie, vendors.serveMollie, 'fee'),
  gocardless: pages(gocardless, openGoCardless, vendors.serveGocardless, 'currency', 'fee'),
  mercadopago: pages(mercadopago, openMercadoPago, vendors.serveMercadopago),
  xendit: pages(xendit, openXendit, vendors.serveXendit),
  paystack: pages(paystack, openPaystack, vendors.servePaystack),
  razorpay: pages(razorpay, openRazorpay, vendors.serveRazorpay),
  airwallex: pages(airwallex, openAirwallex, vendors.serveAirwallex),
};

/** An account whose statements are in this format. */
export function accountOf(account: OpenAccount, { plugin, open }: Format): OpenAccount {
  const { statements: _fake, ...manifest } = account.manifest;
  const { statements } = plugin.manifest;
  const { readStatement } = open();
  if (readStatement === undefined) throw new Error('the channel reads no statements');
  return {
    ...account,
    channel: { ...account.channel, readStatement },
    manifest: statements === undefined ? manifest : { ...manifest, statements },
  };
}
