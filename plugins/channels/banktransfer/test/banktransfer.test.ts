import { expect } from 'chai';
import fc from 'fast-check';
import type { PayRequest } from '../../../../core/contract/channel.ts';
import { makeCall, makeKit } from '../../../../test/kit/channel-kit.ts';
import plugin, { type Config } from '../index.ts';

const config: Config = { account_holder: 'Tea Ltd', account_number: 'DE89370400440532013000', bank_name: 'Bank of Tea', currency: 'EUR' };
const openWith = (more: Partial<Config> = {}) =>
  plugin.open({ id: 'acc_1', livemode: true, config: { ...config, ...more } as Config }, makeKit());

const request = (amount: number, currency: string): PayRequest => ({
  number: '01JZZZZZZZZZZZ539007547034',
  channelNo: null,
  sessionNo: null,
  product: 'reference',
  money: { amount, currency },
  createdAt: new Date('2026-01-02T03:04:05Z'),
  expiresAt: new Date('2026-01-09T03:04:05Z'),
  subject: 'Tea',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/banktransfer/acc_1',
  returnUrl: null,
});

describe('Bank transfers', () => {
  it('tell the shopper where to transfer, how much, until when and under which reference', async () => {
    const outcome = await openWith({ bic: 'COBADEFFXXX', bank_code: '37040044' }).pay(request(1999, 'EUR'), makeCall());
    expect(outcome).to.deep.equal({
      kind: 'action',
      sessionNo: 'RF18539007547034',
      action: {
        type: 'instructions',
        params: {
          ...{ account_holder: 'Tea Ltd', account_number: 'DE89370400440532013000', bank_name: 'Bank of Tea' },
          ...{ bic: 'COBADEFFXXX', bank_code: '37040044', amount: '19.99', currency: 'EUR' },
          ...{ reference: 'RF18539007547034', pay_before: '2026-01-09T03:04:05.000Z' },
        },
      },
    });
  });

  it('leave another currency to another account, and write yen without decimals', async () => {
    expect(await openWith().pay(request(1999, 'USD'), makeCall())).to.deep.equal({ kind: 'notSent', reason: 'local' });
    const yen = await openWith({ currency: 'JPY', account_number: '1234567' }).pay(request(500, 'JPY'), makeCall());
    expect(yen.kind === 'action' && yen.action.type === 'instructions' && yen.action.params['amount']).to.equal('500');
  });

  it('refuse an IBAN with wrong check digits, by the name of the field alone', () => {
    const wrong = 'DE88370400440532013000';
    expect(() => openWith({ account_number: wrong }))
      .to.throw('account_number')
      .and.not.include({ message: wrong });
  });

  it('refuse every callback, whatever it says', async () => {
    const channel = openWith();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), async (bytes) => {
        const raw = { method: 'POST', url: 'https://pay.example.com', query: '', headers: {}, body: Buffer.from(bytes) };
        expect((await channel.parseCallback(raw, makeCall())).kind).to.equal('refused');
      }),
      { numRuns: 20 },
    );
  });
});
