import { parentPort } from 'node:worker_threads';
import type { Sm2Answer, Sm2Question } from './sm2.ts';

/*
 * Runs on the thread that `sm2.ts` starts. To sign takes 1 ms and to verify 4 ms of
 * big-number arithmetic in JavaScript, which would hold up every other payment on the main thread.
 */

/** What `sm-crypto-v2` exports: of a type of its own, because the package is optional and its types are then missing. */
type Library = typeof import('sm-crypto-v2');

const library: Promise<Library | null> = import('sm-crypto-v2').catch(() => null);

parentPort?.on('message', (question: Sm2Question) => void reply(question));

async function reply(question: Sm2Question): Promise<void> {
  const loaded = await library;
  parentPort?.postMessage(loaded === null ? { id: question.id, fault: 'missing' } : answer(loaded, question));
}

/** A message of the library could name what it was given, so only the kind of a fault leaves this thread. */
function answer({ sm2 }: Library, question: Sm2Question): Sm2Answer {
  const { id, key, message, userId } = question;
  try {
    if (question.task === 'sign') return { id, signature: Buffer.from(sm2.doSignature(message, key, { hash: true, userId }), 'hex') };
    if (!isPoint(sm2, key)) return { id, fault: 'key' };
    const signature = Buffer.from(question.signature).toString('hex');
    return { id, isGenuine: sm2.doVerifySignature(message, signature, key, { hash: true, userId }) };
  } catch {
    return { id, fault: 'arithmetic' };
  }
}

function isPoint(sm2: Library['sm2'], key: string): boolean {
  try {
    return sm2.verifyPublicKey(key);
  } catch {
    return false;
  }
}
