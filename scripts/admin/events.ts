import { openDirectory } from '../../core/access/directory.ts';
import { firstId } from '../../core/ids.ts';
import { createEndpoints } from '../../core/notifications/endpoints.ts';
import { type ReplayDeps, replayEvent, replayRange } from '../../core/notifications/replay.ts';
import { keptFrom } from '../../core/notifications/retain.ts';
import type { Command, Context, Given, Option, Printed } from './command.ts';

const text = (doc: string): Option => ({ kind: 'text', doc });

/** Notifications, sent again. */
export const eventCommands: readonly Command[] = [
  {
    name: 'event replay',
    doc: 'Has notifications sent again, by the servers that run: one event, or what an app was not told in a time.',
    options: {
      event: text('The event’s id. It is sent again whether it was delivered or not.'),
      app: text('The app’s id. With --from and --to: what was not delivered of its events in that time.'),
      from: text('The first instant, such as 2026-05-01T00:00:00Z.'),
      to: text('The first instant after.'),
    },
    check: checkReplay,
    run: runReplay,
  },
];

function checkReplay(given: Given): readonly string[] {
  const range = ['app', 'from', 'to'].filter((name) => given.text(name) !== undefined);
  const isEvent = given.text('event') !== undefined;
  if (isEvent ? range.length > 0 : range.length !== 3) return ['say either --event, or --app with --from and --to'];
  if (isEvent) return [];
  const [from, to] = [readInstant(given.text('from')), readInstant(given.text('to'))];
  const wrong = Object.entries({ from, to }).flatMap(([name, at]) =>
    at === null ? [`--${name} must be a time such as 2026-05-01T00:00:00Z`] : [],
  );
  return wrong.length === 0 && from !== null && to !== null && from >= to ? ['--from must be before --to'] : wrong;
}

/** A time in UTC. Local times are refused: the operator’s clock and the server’s may be in different zones. */
function readInstant(given: string | undefined): Date | null {
  if (given === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(given)) return null;
  const instant = new Date(given);
  // A day that does not exist is moved by Date, into the next month.
  return Number.isNaN(instant.getTime()) || instant.toISOString().slice(0, 19) !== given.slice(0, 19) ? null : instant;
}

async function runReplay(context: Context, given: Given): Promise<Printed> {
  const { database, vault, now } = context;
  const directory = await openDirectory({ database, vault, pollMs: 0 });
  const deps: ReplayDeps = { database, endpoints: createEndpoints(directory, { now }) };
  try {
    return given.text('event') === undefined
      ? await replayTime(context, deps, given)
      : await replayOne(context, deps, given.text('event') ?? '');
  } finally {
    await directory.stop();
  }
}

async function replayOne({ database, now, retention }: Context, deps: ReplayDeps, event: string): Promise<Printed> {
  const isBefore = (days: number) => event < firstId('evt_', keptFrom(days, now()));
  const row = await database.get('SELECT id FROM events WHERE id = ?', [event]);
  if (row === undefined) {
    const why = isBefore(retention.eventsDays) ? `: events are kept for ${retention.eventsDays} days` : '';
    return { kind: 'faults', faults: [`there is no event ${event}${why}`] };
  }
  const replayed = await replayEvent(deps, event, now().getTime());
  if (replayed === 0 && isBefore(retention.deliveriesDays))
    return {
      kind: 'faults',
      faults: [`nothing to send again of ${event}: what was delivered is kept for ${retention.deliveriesDays} days`],
    };
  return { kind: 'done', facts: { event, replayed } };
}

async function replayTime({ database, now, retention }: Context, deps: ReplayDeps, given: Given): Promise<Printed> {
  const appId = given.text('app') ?? '';
  const row = await database.get('SELECT id FROM apps WHERE id = ?', [appId]);
  if (row === undefined) return { kind: 'faults', faults: [`there is no app ${appId}`] };
  const [from, to] = [new Date(given.text('from') ?? ''), new Date(given.text('to') ?? '')];
  const first = keptFrom(retention.eventsDays, now());
  if (from < first)
    return {
      kind: 'faults',
      faults: [`events are kept for ${retention.eventsDays} days: --from must not be before ${first.toISOString()}`],
    };
  return { kind: 'done', facts: { app: appId, from, to, replayed: await replayRange(deps, { appId, from, to }, now().getTime()) } };
}
