import { jsonAnswer } from '../../../../simulator/answers.ts';
import type { Vendor, VendorModule } from '../../../../simulator/types.ts';
import type { World } from '../../../../simulator/world.ts';

interface Merchant {
  readonly id: string;
  readonly secret: string;
}
type Keys = readonly Merchant[];

// Step 1, simulator/index.ts: take an order, let it be paid, tell its state, sign each answer and a callback.

/**
 * Plays SampleName from the vendor's documents, best written by somebody who does not write the channel. `simulator/README.md` says
 * how, and `simulator/vendors/` has whole ones: `paystack` is a short one.
 */
function openSample(world: World<Keys>): Vendor {
  return {
    identify: () => null,
    execute: async () => ({ answer: jsonAnswer(404, { error: 'no such address' }) }),
    fail: async (_wire, trouble, code) => jsonAnswer(trouble === 'rate_limited' ? 429 : 500, { error: code ?? trouble }),
    events: (_order, happening) => [happening],
    callbackUrl: (order) => order.notifyUrl,
    compose: async () => ({ headers: {}, body: '' }),
    accepts: (status) => status === 200,
    returnTo: async (order) => order.returnUrl,
    cancelTo: () => null,
    open: async (target) => world.store.findByToken(world.channel, target) ?? null,
  };
}

export default {
  channel: 'samplepay',
  title: 'SampleName',
  shows: { bad_signature: [], wrong_amount: [], wrong_account: [] },
  loadKeys: async (vault) => ['one', 'two'].map((id) => ({ id, secret: vault.secret(`samplepay-${id}`, 32) })),
  accounts: (keys) => keys.map(({ id, secret }) => ({ id, configure: (baseUrl) => ({ base_url: baseUrl, merchant: id, secret }) })),
  open: openSample,
} satisfies VendorModule<Keys>;
