import { Worker } from 'node:worker_threads';
import type { Sm2Kit } from '../contract/kit.ts';

/** What is asked of the thread. `key` is hex: private to sign, public to verify. */
export type Sm2Question = { readonly id: number; readonly key: string; readonly message: Uint8Array; readonly userId: string } & (
  | { readonly task: 'sign' }
  | { readonly task: 'verify'; readonly signature: Uint8Array }
);

/** What the thread answers. `missing`: the package is not installed. */
export type Sm2Answer = { readonly id: number } & (
  | { readonly signature: Uint8Array }
  | { readonly isGenuine: boolean }
  | { readonly fault: 'missing' | 'key' | 'arithmetic' }
);

/** The SM2 of one process: the kit that channels get, and its end. */
export interface Sm2 {
  readonly kit: Sm2Kit;
  /** Ends the thread. What is still asked fails; a later question starts a new thread. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: Sm2Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The user id that the standard proposes, and that vendors use unless they say otherwise. */
const usualUserId = '1234567812345678';
/** The order of the curve (GB/T 32918.5). */
const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;

/**
 * SM2 with SM3 on a thread of its own, which starts at the first question: few installations have
 * a channel that needs it. Keys and signatures are checked here, so that the library sees none
 * that the standard excludes.
 */
export function createSm2(thread: URL = new URL('./sm2-thread.ts', import.meta.url)): Sm2 {
  const { ask, stop } = startAtFirstUse(thread);
  const kit: Sm2Kit = {
    async sign(privateKey, message, userId = usualUserId) {
      if (!isPrivateKey(privateKey)) throw new Error('an SM2 private key is 64 hex digits, and neither zero nor beyond the curve');
      const answer = await ask({ task: 'sign', key: privateKey, message, userId });
      if (!('signature' in answer)) throw explain(answer);
      return Buffer.from(answer.signature);
    },
    async verify(publicKey, message, signature, userId = usualUserId) {
      if (!/^04[0-9a-f]{128}$/i.test(publicKey)) throw new Error('an SM2 public key is 130 hex digits and begins with 04');
      if (!isSignature(signature)) return false;
      const answer = await ask({ task: 'verify', key: publicKey, message, signature, userId });
      // For a key that is a point, the arithmetic fails only over numbers that no signer can have written.
      if ('fault' in answer && answer.fault === 'arithmetic') return false;
      if (!('isGenuine' in answer)) throw explain(answer);
      return answer.isGenuine;
    },
  };
  return { kit, stop };
}

function isPrivateKey(key: string): boolean {
  if (!/^[0-9a-f]{64}$/i.test(key)) return false;
  const secret = BigInt(`0x${key}`);
  return secret > 0n && secret < order - 1n;
}

/** r and s are each from 1 to the order, which excluded: a larger s would be a second writing of the same signature. */
function isSignature(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const hex = Buffer.from(signature).toString('hex');
  return [hex.slice(0, 64), hex.slice(64)].map((half) => BigInt(`0x${half}`)).every((number) => number > 0n && number < order);
}

function explain(answer: Sm2Answer): Error {
  const fault = 'fault' in answer ? answer.fault : 'arithmetic';
  if (fault === 'missing') return new Error('this channel signs with SM2: install the optional package sm-crypto-v2');
  return new Error(fault === 'key' ? 'an SM2 public key is a point of the curve, and this one is none' : 'SM2 could not be computed');
}

type Unnumbered = Sm2Question extends infer One ? (One extends Sm2Question ? Omit<One, 'id'> : never) : never;

function startAtFirstUse(thread: URL) {
  let worker: Worker | null = null;
  let lastId = 0;
  const waiting = new Map<number, Waiting>();

  const ask = (question: Unnumbered): Promise<Sm2Answer> => {
    worker ??= start();
    lastId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Sm2Answer>();
    waiting.set(lastId, { resolve, reject });
    // A thread that is asked something is waited for; one that idles never keeps the process alive.
    worker.ref();
    worker.postMessage({ ...question, id: lastId });
    return promise;
  };

  const start = (): Worker => {
    const started = new Worker(thread, { name: 'sm2' });
    started.on('message', (answer: Sm2Answer) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
    });
    // Listened to because an error without a listener ends the process. What it says may hold a key, and `exit` follows.
    started.on('error', () => undefined);
    started.on('exit', () => giveUp(started));
    return started;
  };

  const giveUp = (ended: Worker): void => {
    if (worker !== ended) return;
    worker = null;
    const lost = [...waiting.values()];
    waiting.clear();
    for (const { reject } of lost) reject(new Error('the SM2 thread ended before it answered'));
  };

  const stop = async (): Promise<void> => {
    const running = worker;
    if (running === null) return;
    giveUp(running);
    await running.terminate();
  };
  return { ask, stop };
}
