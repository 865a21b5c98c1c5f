import type { Clock } from '../clock.ts';
import { makeId, type Random } from '../ids.ts';
import type { Tx, Value } from '../store/database.ts';
import type { Claimed } from './claim.ts';
import type { Endpoints } from './endpoints.ts';

/** What happened, as it goes into the outbox. */
interface Happening {
  readonly eventId: string;
  readonly appId: string;
  /** The payment's own address; null: the app's. */
  readonly notifyUrl: string | null;
  /** Whether it is for the endpoints of the app alone, which say what they want to be told. */
  readonly endpointsOnly?: boolean;
  readonly type: string;
  readonly subjectId: string;
  readonly sequence: number;
  /** The object at this moment, as the API returns it. */
  readonly data: unknown;
  readonly now: number;
}

/** SQLite binds 32,766 values in a statement, MySQL 65,535. */
const rowsAtOnce = 1000;

/** Whoever in this process sends at once what it has just written. */
export interface HandOver {
  /** Until when so many deliveries, written now, would be this process's to send; null: it takes none, and whoever looks next finds them. */
  leaseFor(count: number): number | null;
  /** Sends what was written under such a lease and is committed. */
  take(claimed: readonly Claimed[]): void;
  /** Says that there is something to look for. */
  kick(): void;
}

interface Target {
  readonly endpointId: string | null;
  readonly url: string;
}

export interface AnnounceDeps {
  readonly endpoints: Endpoints;
  readonly clock: Pick<Clock, 'now'>;
  readonly random?: Random;
  /** Absent where nothing is sent from: a command, a process of another role. */
  readonly handOver?: HandOver;
}

/**
 * Makes the function that writes events and one delivery for each receiver inside the caller's
 * transaction: what is told and what happened are committed together or not at all. What can be sent at once is written as claimed
 * and handed over when it is durable: it need not be looked for, which cost as much as the rest of a notification.
 */
export function createAnnounce({ endpoints, clock, random, handOver }: AnnounceDeps) {
  return async (tx: Tx, happenings: readonly Happening[]): Promise<void> => {
    const events = happenings.map((one) => ({ ...one, text: JSON.stringify(one.data) }));
    await insertEvents(tx, events);
    const told = events.flatMap((event) => targetsOf(endpoints, event).map((target) => ({ event, target })));
    const leaseUntil = handOver?.leaseFor(told.length) ?? null;
    const deliveries = told.map(({ event, target }) => toDelivery(event, target, makeId('dlv_', clock.now(), random), leaseUntil));
    for (let from = 0; from < deliveries.length; from += rowsAtOnce) await insertDeliveries(tx, deliveries.slice(from, from + rowsAtOnce));
    if (deliveries.length > 0 && handOver !== undefined)
      tx.onCommit(() => (leaseUntil === null ? handOver.kick() : handOver.take(deliveries)));
  };
}

function targetsOf(endpoints: Endpoints, { appId, notifyUrl, type, endpointsOnly }: Happening): readonly Target[] {
  const url = endpointsOnly ? null : (notifyUrl ?? endpoints.app(appId)?.notifyUrl ?? null);
  const listed = endpoints.forEvent(appId, type).map((endpoint) => ({ endpointId: endpoint.id, url: endpoint.url }));
  return url === null ? listed : [...listed, { endpointId: null, url }];
}

type Event = Happening & { readonly text: string };

function toDelivery(event: Event, { endpointId, url }: Target, id: string, leaseUntil: number | null): Claimed {
  const { eventId, appId, type, sequence, text, now } = event;
  const facts = { id: eventId, type, sequence, data: text, createdAt: now };
  return { id, appId, endpointId, url, tries: 0, createdAt: now, event: facts, leaseUntil: leaseUntil ?? now };
}

async function insertEvents(tx: Tx, events: readonly Event[]): Promise<void> {
  const marks = events.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ');
  const values = events.flatMap(({ eventId, appId, type, subjectId, sequence, text, now }): Value[] => [
    eventId,
    appId,
    type,
    subjectId,
    sequence,
    text,
    now,
  ]);
  await tx.run(`INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES ${marks}`, values);
}

async function insertDeliveries(tx: Tx, deliveries: readonly Claimed[]): Promise<void> {
  const marks = deliveries.map(() => "(?, ?, ?, ?, ?, 'pending', 0, ?, ?)").join(', ');
  const values = deliveries.flatMap(({ id, event, appId, endpointId, url, leaseUntil, createdAt }): Value[] => [
    id,
    event.id,
    appId,
    endpointId,
    url,
    leaseUntil,
    createdAt,
  ]);
  await tx.run(`INSERT INTO deliveries (id, event_id, app_id, endpoint_id, url, state, tries, due_at, created_at) VALUES ${marks}`, values);
}
