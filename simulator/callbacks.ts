import { randomBytes } from 'node:crypto';
import { makePoster } from './post.ts';
import { type Scenario, type Scenarios, twistOf } from './scenario.ts';
import type { Store } from './truth.ts';
import type { Callback, ChannelName, Happening, Order, Refund, Vendor } from './types.ts';

// Shorter than any vendor's ladder, so that a demo or a fault test need not wait for minutes.
const firstRetryMs = 500;
const longestRetryMs = 60_000;
const mostTries = 15;

export interface Callbacks {
  /** Notes on the order which callbacks it owes now. The caller saves the order, then delivers them. */
  owe(order: Order, happening: Happening, refund: Refund | null): readonly Callback[];
  /** Tries each once, and again in the background until the merchant accepts. Ends after the first tries. */
  deliver(order: Order, owed: readonly Callback[]): Promise<void>;
  /** Sends the last callback about a number once more, whatever became of it. False when there is none. */
  repeat(number: string): Promise<boolean>;
  /** Sends a success that never happened, signed with a stranger's key. False when nobody would receive it. */
  forge(order: Order): Promise<boolean>;
  /** Takes up what an order was owed when the process ended. */
  resume(order: Order): void;
  stop(): void;
}

export interface CallbackDeps {
  readonly store: Store;
  readonly scenarios: Scenarios;
  readonly vendorOf: (channel: ChannelName) => Vendor | undefined;
}

type Try = { readonly order: Order; readonly callback: Callback; readonly count: number };

/** Work that waits for its time, and can all be forgotten at once. */
function makeTimers() {
  const timers = new Set<NodeJS.Timeout>();
  const state = { isOver: false };
  return {
    later(ms: number, work: () => void): void {
      if (state.isOver) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        work();
      }, ms);
      timers.add(timer);
    },
    isOver: () => state.isOver,
    clear(): void {
      state.isOver = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

type Send = (order: Order, callback: Callback, scenario: Scenario | null, forged: boolean) => Promise<boolean>;
type Timers = ReturnType<typeof makeTimers>;

/** Sends a callback as the scenarios want it, and again until the merchant accepts. */
function makeAttempts({ store, scenarios }: CallbackDeps, { later, isOver }: Timers, send: Send): (one: Try) => Promise<void> {
  const held = new Map<ChannelName, (() => void)[]>();

  /** Lets the callbacks go that waited to be overtaken. */
  function release(channel: ChannelName): void {
    const waiting = held.get(channel) ?? [];
    held.delete(channel);
    for (const go of waiting) go();
  }

  /** Holds a callback until another one of the channel has overtaken it, or for the given time. */
  function hold(one: Try, delayMs: number): void {
    const { channel } = one.order;
    let gone = false;
    const go = () => {
      if (!gone) void sendAndRetry(one, null);
      gone = true;
    };
    held.set(channel, [...(held.get(channel) ?? []), go]);
    later(delayMs, go);
  }

  async function sendAndRetry({ order, callback, count }: Try, scenario: Scenario | null): Promise<void> {
    if (scenario?.behaviour === 'forged') await send(order, callback, null, true);
    const copies = scenario?.behaviour === 'duplicate' ? 2 : 1;
    const taken = await Promise.all(Array.from({ length: copies }, () => send(order, callback, scenario, false)));
    release(order.channel);
    if (taken.every(Boolean) && scenario?.behaviour !== 'drop_after_execute') return store.saveDelivered(order, callback.id);
    const waitMs = Math.min(firstRetryMs * 2 ** count, longestRetryMs);
    if (count + 1 < mostTries) later(waitMs, () => void attempt({ order, callback, count: count + 1 }));
  }

  async function attempt(one: Try): Promise<void> {
    // What a vendor ends after the stop is ended again, and told, at the next start.
    if (isOver()) return;
    const { order, callback } = one;
    const scenario = scenarios.take(order.channel, 'callback', order.account);
    switch (scenario?.behaviour) {
      case 'refuse':
      case 'hang':
      case 'drop_before_execute':
        // Lost for good: only a query can find out.
        return store.saveDelivered(order, callback.id);
      case 'late':
        return later(scenario.delayMs, () => void sendAndRetry(one, null));
      case 'reorder':
        return held.has(order.channel) ? sendAndRetry(one, null) : hold(one, scenario.delayMs);
      default:
        return sendAndRetry(one, scenario);
    }
  }
  return attempt;
}

function makeCallback(event: string, refund: Refund | null, url: string): Callback {
  return { id: randomBytes(16).toString('hex'), event, refund: refund?.number ?? null, url, delivered: false };
}

/** Everything that the vendors send by themselves. */
export function makeCallbacks(deps: CallbackDeps): Callbacks {
  const { store } = deps;
  const vendorOf = (channel: ChannelName): Vendor => {
    const vendor = deps.vendorOf(channel);
    if (vendor === undefined) throw new Error(`no vendor ${channel}`);
    return vendor;
  };
  const poster = makePoster();
  const timers = makeTimers();
  const send: Send = async (order, callback, scenario, forged) => {
    const vendor = vendorOf(order.channel);
    const outgoing = await vendor.compose(order, callback, { ...twistOf(scenario), forged });
    const reply = await poster.post(callback.url, outgoing);
    return vendor.accepts(reply.status, reply.body);
  };
  const attempt = makeAttempts(deps, timers, send);

  return {
    owe(order, happening, refund) {
      const vendor = vendorOf(order.channel);
      const url = vendor.callbackUrl(order, refund);
      const owed = url === null ? [] : vendor.events(order, happening).map((event) => makeCallback(event, refund, url));
      order.callbacks.push(...owed);
      return owed;
    },
    async deliver(order, owed) {
      await Promise.all(owed.map((callback) => attempt({ order, callback, count: 0 })));
    },
    async repeat(number) {
      for (const order of store.orders.values()) {
        const about = order.callbacks.filter((callback) => (callback.refund ?? order.number) === number);
        const last = about.at(-1);
        if (last === undefined) continue;
        await send(order, last, null, false);
        return true;
      }
      return false;
    },
    async forge(order) {
      const vendor = vendorOf(order.channel);
      const url = vendor.callbackUrl(order, null);
      const event = vendor.events(order, 'paid')[0];
      if (url === null || event === undefined) return false;
      await send(order, makeCallback(event, null, url), null, true);
      return true;
    },
    resume(order) {
      for (const callback of order.callbacks) if (!callback.delivered) void attempt({ order, callback, count: 0 });
    },
    stop() {
      timers.clear();
      poster.close();
    },
  };
}
