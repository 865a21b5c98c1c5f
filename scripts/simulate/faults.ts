import { gate, type Life } from './life.ts';
import type { FaultKind } from './plan.ts';
import type { World } from './world.ts';

/** One call to a vendor: what it does, and what could be heard of it. */
export interface Speech<T extends { readonly kind: string }> {
  readonly operation: string;
  readonly number: string;
  readonly fault: FaultKind | null;
  /** The vendor's side: executes, and says what is so. */
  act(): T;
  readonly lost: T;
  declined?(): T;
  hidden?(): T;
  twisted?(what: 'other_amount' | 'other_number'): T;
}

/** How many calls to a vendor go through without a fault, for one that does not. */
const oneFaultIn = 4;
/** The deadline of a call, as the servers are configured. */
export const callMs = 10_000;
/** What was lost on the way arrives by then, or never. */
const latestMs = 25_000;

export function drawFault(world: World, name: string): FaultKind | null {
  const chance = world.chanceOf(`fault of ${name}`);
  if (world.isHealing || world.faults.size === 0 || !chance.oneIn(oneFaultIn)) return null;
  return chance.pick([...world.faults]);
}

/** Carries a call to the vendor and the answer back, for a server that may die or be stopped meanwhile. */
export async function hear<T extends { readonly kind: string }>(world: World, life: Life, speech: Speech<T>): Promise<T> {
  const chance = world.chanceOf(`way of ${speech.operation}`);
  await world.time.sleep(chance.below(chance.oneIn(10) ? 3000 : 200));
  await gate(life, world.time);
  const answer = await answerOf(world, speech);
  await gate(life, world.time);
  world.count(`vendor ${speech.operation}`);
  world.note(`${speech.operation} ${speech.number} ${speech.fault ?? ''} ${JSON.stringify(answer)}`);
  return answer;
}

async function answerOf<T extends { readonly kind: string }>(world: World, speech: Speech<T>): Promise<T> {
  const { fault } = speech;
  const chance = world.chanceOf(`answer of ${speech.operation}`);
  const wait = (ms: number) => world.time.sleep(ms);
  if (fault !== null) world.count(`fault ${fault}`);
  switch (fault) {
    case 'refused':
      return { kind: 'notSent', reason: 'refused' } as unknown as T;
    case 'lost_before':
      await wait(callMs);
      return speech.lost;
    case 'arrives_late':
      world.spawn('a call that was given up', async () => {
        await wait(callMs + chance.below(latestMs));
        speech.act();
      });
      await wait(callMs);
      return speech.lost;
    case 'lost_after':
      speech.act();
      await wait(callMs);
      return speech.lost;
    case 'unknown_code':
      if (chance.oneIn(2)) speech.act();
      return speech.lost;
    case 'unreadable':
      speech.act();
      return { kind: 'unknown', reason: 'bad_signature' } as unknown as T;
    default:
      return undisturbed(world, speech);
  }
}

async function undisturbed<T extends { readonly kind: string }>(world: World, speech: Speech<T>): Promise<T> {
  const { fault } = speech;
  const twist = fault === 'other_amount' || fault === 'other_number' ? fault : null;
  const said =
    (fault === 'declined' ? speech.declined?.() : undefined) ??
    (fault === 'hidden' ? speech.hidden?.() : undefined) ??
    (twist === null ? undefined : speech.twisted?.(twist)) ??
    speech.act();
  // What is said here may be out of date when it is heard.
  await world.time.sleep(world.chanceOf(`way back of ${speech.operation}`).below(150));
  return said;
}
