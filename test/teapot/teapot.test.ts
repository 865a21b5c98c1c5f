import { expect } from 'chai';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import teapot from './channel/index.ts';
import { callbackDefects } from './defects/callbacks.ts';
import { manifestDefects } from './defects/manifest.ts';
import { moneyDefects } from './defects/money.ts';
import { paymentDefects } from './defects/payments.ts';
import { refundDefects } from './defects/refunds.ts';
import { statementDefects } from './defects/statements.ts';
import type { Defect } from './spoil.ts';
import { judge, type Verdict } from './suite.ts';

const plugin = teapot as unknown as ChannelPlugin;

const groups: Readonly<Record<string, readonly Defect[]>> = {
  payments: paymentDefects,
  refunds: refundDefects,
  money: moneyDefects,
  callbacks: callbackDefects,
  statements: statementDefects,
  'manifest and secrets': manifestDefects,
};

describe('The contract suite', function () {
  this.timeout(60_000);

  it('finds no fault with a channel that has none', async () => {
    const { passed, failed } = await judge(plugin);
    expect([...failed], 'a correct channel').to.deep.equal([]);
    for (const { name, seenBy } of Object.values(groups).flat()) {
      const isThere = seenBy.source.includes(' hook') || passed.some((title) => seenBy.test(title));
      expect(isThere, `a case that sees that ${name}`).to.equal(true);
    }
  });

  for (const [name, defects] of Object.entries(groups)) {
    describe(`of ${name} sees that`, () => {
      for (const defect of defects) it(defect.name, async () => expectSeen(defect, await judge(defect.spoil(plugin), aboutOf(defect))));
    });
  }
});

/** Only the cases that have to see it are run, and those without which they would see nothing. */
const aboutOf = ({ seenBy, after }: Defect) => (after ? new RegExp(`${seenBy.source}|${after.source}`) : seenBy);

function expectSeen({ seenBy }: Defect, { passed, failed }: Verdict): void {
  const seen = [...failed.keys()].filter((title) => seenBy.test(title) && (seenBy.source.includes(' hook') || !title.includes(' hook ')));
  const ran = [...passed, ...[...failed].map(([title, why]) => `${title}: ${why}`)];
  expect(seen.length, `only these were run: ${ran.join('; ')}`).to.be.greaterThan(0);
}
