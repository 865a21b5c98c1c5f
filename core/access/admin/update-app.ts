import { urlFaults } from '../../notifications/address.ts';
import type { Tx } from '../../store/database.ts';
import type { LatePolicy } from '../records.ts';
import { type AdminDeps, type Changed, changeConfig, done, faulty } from './change.ts';

/** What of an app may change. A member left out stays; a null takes an address away. */
export interface AppUpdate {
  readonly id: string;
  readonly notifyUrl?: string | null;
  readonly returnUrl?: string | null;
  readonly latePolicy?: LatePolicy;
  readonly requireSignature?: boolean;
  readonly ratePerSecond?: number;
}

/** The settings of an app as they are after a change. */
export interface AppSettings {
  readonly id: string;
  readonly livemode: boolean;
  readonly notifyUrl: string | null;
  readonly returnUrl: string | null;
  readonly latePolicy: string;
  readonly requireSignature: boolean;
  readonly ratePerSecond: number;
}

const latePolicies: readonly LatePolicy[] = ['auto_refund', 'accept', 'hold'];

/** Changes an app. Its mode and its merchant stay for ever; payments already made keep the addresses they were made with. */
export function updateApp(deps: Pick<AdminDeps, 'database'>, input: AppUpdate): Promise<Changed<AppSettings>> {
  return changeConfig(deps.database, async (tx) => {
    const before = await readSettings(tx, input.id);
    if (before === null) return faulty(`there is no app ${input.id}`);
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    const after: AppSettings = { ...before, ...given };
    const faults = settingsFaults(after, input);
    if (faults.length > 0) return faulty(...faults);
    await tx.run(
      'UPDATE apps SET notify_url = ?, return_url = ?, late_policy = ?, require_signature = ?, rate_per_second = ? WHERE id = ?',
      [after.notifyUrl, after.returnUrl, after.latePolicy, after.requireSignature ? 1 : 0, after.ratePerSecond, input.id],
    );
    return done(after);
  });
}

async function readSettings(tx: Tx, id: string): Promise<AppSettings | null> {
  // The write takes the row, so that two changes at the same time cannot each undo half of the other.
  if ((await tx.run('UPDATE apps SET status = status WHERE id = ?', [id])) !== 1) return null;
  const row = (await tx.get('SELECT * FROM apps WHERE id = ?', [id])) ?? {};
  const textOrNull = (name: string) => (row[name] === null ? null : String(row[name]));
  return {
    id,
    livemode: row['livemode'] === 1,
    notifyUrl: textOrNull('notify_url'),
    returnUrl: textOrNull('return_url'),
    latePolicy: String(row['late_policy']),
    requireSignature: row['require_signature'] === 1,
    ratePerSecond: Number(row['rate_per_second']),
  };
}

/** Only what was given is held to the rules: an address that was taken before a rule was made does not stop other changes. */
function settingsFaults({ livemode }: AppSettings, input: AppUpdate): string[] {
  const { notifyUrl, returnUrl, latePolicy, ratePerSecond: rate } = input;
  return [
    ...(notifyUrl == null ? [] : urlFaults('notify_url', notifyUrl, livemode)),
    ...(returnUrl == null ? [] : urlFaults('return_url', returnUrl, livemode)),
    ...(latePolicy === undefined || latePolicies.includes(latePolicy) ? [] : [`late_policy must be one of ${latePolicies.join(', ')}`]),
    ...(rate === undefined || (Number.isSafeInteger(rate) && rate >= 1 && rate <= 100_000)
      ? []
      : ['rate must be an integer from 1 to 100000']),
  ];
}
