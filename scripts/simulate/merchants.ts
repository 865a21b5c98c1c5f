import type { App } from '../../core/access/directory.ts';
import type { Answer, Parcel } from '../../core/notifications/post.ts';
import type { Merchant, World } from './world.ts';

export function makeMerchants(): readonly Merchant[] {
  const policies = ['auto_refund', 'accept', 'hold'] as const;
  return policies.map((latePolicy, index) => ({
    app: {
      id: `app_${index + 1}`,
      merchantId: `mch_${index + 1}`,
      name: latePolicy,
      livemode: false,
      active: true,
      notifyUrl: `http://merchant-${index + 1}.test/`,
      returnUrl: null,
      latePolicy,
      requireSignature: false,
      ratePerSecond: 100,
      notificationSecrets: () => [`whsec_${Buffer.alloc(32, index).toString('base64')}`],
    } satisfies App,
    downUntil: 0,
    received: new Map(),
    orders: [],
  }));
}

const timeoutMs = 15_000;

/** A merchant's endpoint: answers, fails, hangs, or does what was asked and fails to say so. */
export async function receive(world: World, { url, headers, body }: Parcel): Promise<Answer> {
  const merchant = world.merchants.find(({ app }) => app.notifyUrl === url);
  const id = headers['webhook-id'] ?? '';
  const chance = world.chanceOf(`endpoint ${url}`);
  await world.time.sleep(chance.below(120));
  world.count('notification');
  if (merchant === undefined) return { kind: 'lost', reason: 'dns' };
  const isDown = world.time.elapsedMs() < merchant.downUntil;
  const fate = world.isHealing ? 'ok' : isDown ? 'refused' : chance.weigh({ ok: 20, error: 1, hang: 1, busy: 1, ok_unheard: 1 });
  if (fate === 'ok' || fate === 'ok_unheard') keep(world, merchant, id, body);
  world.note(`notification ${id} ${fate}`);
  if (fate === 'refused') return { kind: 'lost', reason: 'refused' };
  if (fate === 'hang' || fate === 'ok_unheard') {
    await world.time.sleep(timeoutMs);
    return { kind: 'lost', reason: 'timeout' };
  }
  const status = { ok: 200, error: 500, busy: 429 }[fate];
  return { kind: 'answered', status, retryAfter: fate === 'busy' ? '30' : null };
}

function keep(world: World, merchant: Merchant, id: string, body: string): void {
  const before = merchant.received.get(id);
  if (before !== undefined && before !== body) world.failures.push(`${id}: told again in other words`);
  merchant.received.set(id, body);
}
