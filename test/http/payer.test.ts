import { expect } from 'chai';
import type { MethodManifest } from '../../core/contract/manifest.ts';
import { readNewPayment } from '../../core/http/routes/read-payment.ts';
import { newPaymentBody } from '../../core/http/routes/schemas.ts';

const method: MethodManifest = {
  id: 'fake_bank',
  product: 'bank',
  name: { en: 'Bank', zh: '银行' },
  action: 'redirect',
  currencies: ['EUR'],
  needs: ['name', 'phone', 'bankCode', 'country'],
};
const kernel = { channels: { method: () => ({ method }) } } as never;
const app = { livemode: false } as never;
const order = { merchant_order_no: '1', amount: 100, currency: 'EUR', subject: 'Tea', method: 'fake_bank' };
const payer = { name: 'Ada Shopper', phone: '+8613800000000', bank_code: 'ICBC', country: 'GB' };

const read = (given: object) => readNewPayment(kernel, () => null, app, newPaymentBody.parse({ ...order, payer: given }));
const faultsOf = (given: object) =>
  (newPaymentBody.safeParse({ ...order, payer: given }).error?.issues ?? []).map(({ path }) => path.join('.'));

describe('The shopper as the merchant names him', () => {
  it('reaches the channel in the words of the contract', () => {
    expect(read(payer)).to.deep.include({ payer: { name: 'Ada Shopper', phone: '+8613800000000', bankCode: 'ICBC', country: 'GB' } });
  });

  it('is asked for by the names of the public API, each fact that the method needs', () => {
    const refusal = read({}) as { readonly errors: readonly { readonly param: string; readonly code: string }[] };
    expect(refusal.errors.map(({ param, code }) => `${param}: ${code}`)).to.deep.equal([
      'payer.name: required',
      'payer.phone: required',
      'payer.bank_code: required',
      'payer.country: required',
    ]);
  });

  for (const [field, values] of Object.entries({
    name: ['', ' ', 'x'.repeat(129), 1],
    phone: ['13800000000', '+0138000000', '+86 138', `+${'1'.repeat(16)}`, ''],
    bank_code: ['', 'a b', '工行', 'x'.repeat(33)],
    country: ['gb', 'GBR', '', '大'],
  })) {
    for (const value of values) {
      it(`is refused with ${field} ${JSON.stringify(value).slice(0, 24)}`, () => {
        expect([...new Set(faultsOf({ ...payer, [field]: value }))]).to.deep.equal([`payer.${field}`]);
      });
    }
  }
});
