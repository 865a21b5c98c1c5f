import type { Clock } from '../clock.ts';
import { makeId, type Random } from '../ids.ts';
import type { Tx, Value } from '../store/database.ts';
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

interface Target {
  readonly endpointId: string | null;
  readonly url: string;
}

/**
 * Makes the function that writes events and one delivery for each receiver inside the caller's
 * transaction: what is told and what happened are committed together or not at all.
 */
export function createAnnounce(deps: { readonly endpoints: Endpoints; readonly clock: Pick<Clock, 'now'>; readonly random?: Random }) {
  return async (tx: Tx, happenings: readonly Happening[]): Promise<void> => {
    await insertEvents(tx, happenings);
    const deliveries = happenings.flatMap((one) => targetsOf(deps.endpoints, one).map((target) => ({ ...one, ...target })));
    for (let from = 0; from < deliveries.length; from += rowsAtOnce)
      await insertDeliveries(tx, deliveries.slice(from, from + rowsAtOnce), () => makeId('dlv_', deps.clock.now(), deps.random));
  };
}

function targetsOf(endpoints: Endpoints, { appId, notifyUrl, type, endpointsOnly }: Happening): readonly Target[] {
  const url = endpointsOnly ? null : (notifyUrl ?? endpoints.app(appId)?.notifyUrl ?? null);
  const listed = endpoints.forEvent(appId, type).map((endpoint) => ({ endpointId: endpoint.id, url: endpoint.url }));
  return url === null ? listed : [...listed, { endpointId: null, url }];
}

async function insertEvents(tx: Tx, happenings: readonly Happening[]): Promise<void> {
  const marks = happenings.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ');
  const values = happenings.flatMap(({ eventId, appId, type, subjectId, sequence, data, now }): Value[] => [
    eventId,
    appId,
    type,
    subjectId,
    sequence,
    JSON.stringify(data),
    now,
  ]);
  await tx.run(`INSERT INTO events (id, app_id, type, subject_id, sequence, data, created_at) VALUES ${marks}`, values);
}

async function insertDeliveries(tx: Tx, deliveries: readonly (Happening & Target)[], newId: () => string): Promise<void> {
  const marks = deliveries.map(() => "(?, ?, ?, ?, ?, 'pending', 0, ?, ?)").join(', ');
  const values = deliveries.flatMap(({ eventId, appId, now, endpointId, url }): Value[] => [
    newId(),
    eventId,
    appId,
    endpointId,
    url,
    now,
    now,
  ]);
  await tx.run(`INSERT INTO deliveries (id, event_id, app_id, endpoint_id, url, state, tries, due_at, created_at) VALUES ${marks}`, values);
}
