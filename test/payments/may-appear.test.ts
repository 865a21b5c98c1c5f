import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { CallbackItem } from '../../core/contract/channel.ts';
import { callbackRoutes } from '../../core/http/routes/callbacks.ts';
import { makeNumber } from '../../core/ids.ts';
import { forEachDatabase } from '../kit/database.ts';
import { lost, type Scripted, scriptKernel } from '../kit/scripted.ts';

const minuteMs = 60_000;
const accepted = { status: 200, body: 'taken' };
const retry = { status: 500, body: 'again' };

describe('A genuine callback about something that is not stored', () => {
  forEachDatabase((_name, open) => {
    let scripted: Scripted;
    let account: OpenAccount;

    beforeEach(async () => {
      scripted = scriptKernel((await open()).database, { accounts: 2 });
      account = scripted.kernel.channels.account('acc_1') as OpenAccount;
    });

    const answer = async (...items: readonly CallbackItem[]) => {
      const channel = {
        ...account.channel,
        parseCallback: async () => ({ kind: 'event', eventId: 'e', trust: 'signed', items, accepted, retry }),
      };
      const channels = { ...scripted.kernel.channels, account: () => ({ ...account, channel }) };
      const [route] = callbackRoutes({ ...scripted.kernel, channels } as never);
      const params = { channel: 'fake', account: 'acc_1' };
      const given = { params, method: 'POST', query: '', headers: {}, body: Buffer.alloc(0) };
      const answered = (await route?.handle(given as never)) as { readonly body: string } | undefined;
      return answered?.body;
    };
    const about = (number: string): CallbackItem => ({ of: 'payment', number, report: { state: 'changed' } });
    const numberOf = (ageMs: number) => makeNumber(new Date(scripted.kernel.clock.now().getTime() - ageMs));

    it('is asked for again while its number is ours and a few minutes old: the commit may be late', async () => {
      expect(await answer(about(numberOf(0)))).to.equal('again');
      expect(await answer(about(numberOf(4 * minuteMs)))).to.equal('again');
      expect(await answer(about(numberOf(-minuteMs))), 'by a clock that is ahead').to.equal('again');
      expect(await answer({ of: 'refund', number: numberOf(0), report: { state: 'changed' } })).to.equal('again');
      expect(await answer({ of: 'refund', attemptNumber: numberOf(0), report: { state: 'changed' } })).to.equal('again');
    });

    it('is taken when its number is another system’s or too old, so that a vendor that queues sends the rest', async () => {
      expect(await answer(about('ORDER-1'))).to.equal('taken');
      expect(await answer(about('Z'.repeat(26))), 'a time that no id can carry').to.equal('taken');
      expect(await answer(about(numberOf(6 * minuteMs)))).to.equal('taken');
      expect(await answer(about('ORDER-1'), about(numberOf(0))), 'one of two may appear').to.equal('again');
    });

    it('with nothing but the vendor’s names is asked for again while something young still waits for its own', async () => {
      const foreign: CallbackItem = { of: 'payment', channelNo: 'v-1', report: { state: 'changed' } };
      expect(await answer(foreign)).to.equal('taken');
      scripted.vendor.pay = () => lost;
      await scripted.order();
      expect(await answer(foreign)).to.equal('again');
      scripted.turn(6 * minuteMs);
      expect(await answer(foreign)).to.equal('taken');
    });

    it('is never taken when it is about another account’s payment', async () => {
      const [attempt] = await scripted.attempts(await scripted.order());
      account = scripted.kernel.channels.account('acc_2') as OpenAccount;
      expect(attempt?.account_id).to.equal('acc_1');
      expect(await answer(about(attempt?.number ?? ''))).to.equal('again');
    });
  });
});
