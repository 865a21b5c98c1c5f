import type { VendorModule } from '../../types.ts';
import { makeMercadoPago } from './gateway.ts';
import { describeAccounts, loadKeys, type MercadoKeys } from './keys.ts';

export default {
  channel: 'mercadopago',
  title: 'Mercado Pago',
  refusesOldCallbacks: true,
  // A merchant may use its own number as often as it likes.
  orderKey: 'vendorNo',
  // Answers carry no signature.
  shows: {
    bad_signature: [],
    wrong_amount: ['pay', 'query', 'refund'],
    wrong_account: ['pay', 'query'],
  },
  loadKeys,
  accounts: describeAccounts,
  open: makeMercadoPago,
} satisfies VendorModule<MercadoKeys>;
