import { createAccount, listAccounts, setAccountStatus, updateAccount } from '../../core/access/admin/accounts.ts';
import { listChannels, setChannelStatus } from '../../core/access/admin/channels.ts';
import { fetchOfferedAccounts, putDemoAccounts, registerCallbacks } from '../../core/access/admin/demo.ts';
import { rotateSecrets } from '../../core/access/admin/rotate.ts';
import { addKey } from '../../core/access/key-file.ts';
import type { AccountStatus } from '../../core/access/records.ts';
import { openVault } from '../../core/access/vault.ts';
import type { AccountConfig } from '../../core/channels/config-schema.ts';
import { type Command, type Context, type Given, type Option, type Printed, readInteger } from './command.ts';
import { givenOnly, print } from './identity.ts';

const required = (doc: string): Option => ({ kind: 'text', doc, required: true });

const configOptions: Readonly<Record<string, Option>> = {
  config: { kind: 'text', doc: 'The configuration: @file.json, or - for standard input.' },
  set: { kind: 'list', doc: 'One field, name=value or name=@file. May be repeated; comes after --config.' },
  priority: { kind: 'integer', doc: 'Lower is tried first. Default 100.' },
  weight: { kind: 'integer', doc: 'The share among accounts of one priority. Default 1.' },
  terms: { kind: 'text', doc: 'Methods, limits and fees agreed on with the vendor: @file.json, or - for standard input.' },
};

const simpleStatus = (word: string, status: AccountStatus, doc: string): Command => ({
  name: `account ${word}`,
  doc,
  options: { id: required('The account’s id.') },
  run: async (context, given) => print(await setAccountStatus(context, { id: given.text('id') ?? '', status })),
});

const channelStatus = (word: string, status: 'enabled' | 'disabled', doc: string): Command => ({
  name: `channel ${word}`,
  doc,
  options: { channel: required('The channel’s id.') },
  run: async (context, given) => print(await setChannelStatus(context, { channel: given.text('channel') ?? '', status })),
});

/** Channels, their accounts, and the secrets at rest. */
export const accountCommands: readonly Command[] = [
  {
    name: 'account create',
    doc: 'Adds an account at a channel. Its keys are tried out before they are kept.',
    options: {
      channel: required('The channel’s id.'),
      'app-mode': required('test or live: which apps may use it.'),
      merchant: { kind: 'text', doc: 'The merchant’s id. Default: shared by all.' },
      ...configOptions,
    },
    check: (given) => (['test', 'live'].includes(given.text('app-mode') ?? '') ? [] : ['--app-mode must be test or live']),
    run: runCreate,
  },
  {
    name: 'account update',
    doc: 'Replaces fields of an account’s configuration; the others stay.',
    options: {
      id: required('The account’s id.'),
      ...configOptions,
      'other-merchant': {
        kind: 'flag',
        doc: 'The new credentials (without any: those of the last update) are of another merchant; payments before keep theirs.',
      },
      leaked: { kind: 'flag', doc: 'Strangers have the old credentials: take no callback that is signed for them, from now on.' },
    },
    run: runUpdate,
  },
  simpleStatus('enable', 'enabled', 'Lets an account take new payments.'),
  simpleStatus('disable', 'draining', 'Takes no new payments; finishes those that were begun, asks and refunds.'),
  simpleStatus('receive-only', 'receive_only', 'Takes nothing of its own accord any more; asks, closes and refunds.'),
  simpleStatus(
    'retire',
    'retired',
    'Ends an account: callbacks are read, nothing is sent. All of its payments and refunds have to have ended.',
  ),
  {
    name: 'account list',
    doc: 'Shows all accounts, secrets masked.',
    options: {},
    run: async (context) => ({ kind: 'done', facts: await listAccounts(context) }),
  },
  channelStatus('enable', 'enabled', 'Lets a channel take new payments.'),
  channelStatus('disable', 'disabled', 'Takes no new payments on any account of a channel.'),
  {
    name: 'channel list',
    doc: 'Shows the installed channels.',
    options: {},
    run: async ({ database, plugins }) => ({ kind: 'done', facts: await listChannels(database, plugins) }),
  },
  {
    name: 'secrets rotate',
    doc: 'Encrypts all secrets with the first key of the key file. Servers may go on running.',
    options: {
      'new-key': { kind: 'flag', doc: 'First puts a fresh key in front. With several servers, copy the file to all before rotating.' },
    },
    run: runRotate,
  },
  {
    name: 'demo-accounts',
    doc: 'Creates or updates test accounts for all that a simulator offers.',
    options: { simulator: required('Its address, such as http://127.0.0.1:8090.') },
    run: runDemo,
  },
];

async function runCreate(context: Context, given: Given): Promise<Printed> {
  const channel = given.text('channel') ?? '';
  const read = readConfig(context, given, channel);
  if (read.kind === 'faults') return read;
  const { terms } = read;
  const options = givenOnly({
    priority: given.integer('priority'),
    weight: given.integer('weight'),
    terms,
    merchantId: given.text('merchant'),
  });
  const livemode = given.text('app-mode') === 'live';
  return print(await createAccount(context, { channel, livemode, config: read.config, ...options }));
}

async function runUpdate(context: Context, given: Given): Promise<Printed> {
  const id = given.text('id') ?? '';
  const row = await context.database.get('SELECT channel FROM channel_accounts WHERE id = ?', [id]);
  if (row === undefined) return { kind: 'faults', faults: [`there is no account ${id}`] };
  const read = readConfig(context, given, String(row['channel']));
  if (read.kind === 'faults') return read;
  const options = givenOnly({ priority: given.integer('priority'), weight: given.integer('weight'), terms: read.terms });
  const marks = { otherMerchant: given.flag('other-merchant'), leaked: given.flag('leaked') };
  return print(await updateAccount(context, { id, config: read.config, ...marks, ...options }));
}

async function runRotate(context: Context, given: Given): Promise<Printed> {
  if (!given.flag('new-key')) return print(await rotateSecrets(context));
  addKey(context.keyFile);
  return print(await rotateSecrets({ ...context, vault: openVault({ keyFile: context.keyFile, create: false }) }));
}

async function runDemo(context: Context, given: Given): Promise<Printed> {
  const simulator = given.text('simulator') ?? '';
  if (!URL.canParse(simulator)) return { kind: 'faults', faults: ['--simulator must be an address'] };
  const offered = await fetchOfferedAccounts(simulator);
  if (typeof offered === 'string') return { kind: 'faults', faults: [offered] };
  const put = await putDemoAccounts(context, offered);
  if (put.kind === 'done') await registerCallbacks({ simulatorUrl: simulator, publicUrl: context.publicUrl, accounts: put.accounts });
  return print(put);
}

type ReadConfig =
  | { readonly kind: 'config'; readonly config: AccountConfig; readonly terms: object | undefined }
  | { readonly kind: 'faults'; readonly faults: readonly string[] };

function readConfig(context: Context, given: Given, channel: string): ReadConfig {
  const [source, agreed] = [given.text('config'), given.text('terms')];
  if (source === '-' && agreed === '-') return { kind: 'faults', faults: ['--config and --terms cannot both come from standard input'] };
  const whole = source === undefined ? {} : readJson(context, 'config', source);
  const terms = agreed === undefined ? undefined : readJson(context, 'terms', agreed);
  const faults = [whole, terms].filter((one) => typeof one === 'string');
  const fields = given.list('set').map((text) => readField(context, channel, text));
  faults.push(...fields.filter((field) => typeof field === 'string'));
  if (faults.length > 0 || typeof whole === 'string' || typeof terms === 'string') return { kind: 'faults', faults };
  return { kind: 'config', config: { ...whole, ...Object.fromEntries(fields.filter((field) => typeof field !== 'string')) }, terms };
}

function readJson(context: Context, option: 'config' | 'terms', source: string): AccountConfig | string {
  if (source !== '-' && !source.startsWith('@')) return `--${option} must be @file.json, or - for standard input`;
  try {
    const value: unknown = JSON.parse(context.readText(source === '-' ? '-' : source.slice(1)));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as AccountConfig)
      : `--${option} must hold one JSON object`;
  } catch (error) {
    // A parser's message quotes what it read, which may be a key.
    return error instanceof SyntaxError ? `--${option} holds no JSON` : `--${option} cannot be read: ${describe(error)}`;
  }
}

/** `name=value` as the schema's type has it. A text that does not fit is passed on, so that the schema's check names the fault. */
function readField(context: Context, channel: string, text: string): readonly [string, unknown] | string {
  const at = text.indexOf('=');
  if (at < 1) return '--set must be name=value';
  const name = text.slice(0, at);
  const value = readValue(context, name, text.slice(at + 1));
  if (value.kind === 'fault') return value.fault;
  const type = context.plugins.get(channel)?.manifest.config.properties[name]?.type;
  if (type === 'integer') return [name, readInteger(value.text) ?? value.text];
  if (type === 'boolean' && /^(true|false)$/.test(value.text)) return [name, value.text === 'true'];
  return [name, value.text];
}

function readValue(context: Context, name: string, text: string): { kind: 'text'; text: string } | { kind: 'fault'; fault: string } {
  if (!text.startsWith('@')) return { kind: 'text', text };
  try {
    return { kind: 'text', text: context.readText(text.slice(1)) };
  } catch (error) {
    return { kind: 'fault', fault: `--set ${name} cannot be read: ${describe(error)}` };
  }
}

/** The system's word for what went wrong with a file: never its content. */
function describe(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
