import { createApp, createMerchant, listApps, listMerchants, setStatus } from '../../core/access/admin/apps.ts';
import { setBrand } from '../../core/access/admin/brand.ts';
import type { Changed } from '../../core/access/admin/change.ts';
import { createEndpoint, deleteEndpoint, listEndpoints } from '../../core/access/admin/endpoints.ts';
import { addSigningKey, createKey, revokeKey } from '../../core/access/admin/keys.ts';
import { rotateNotificationSecret } from '../../core/access/admin/notification-secrets.ts';
import { scopes } from '../../core/access/keys.ts';
import type { LatePolicy } from '../../core/access/records.ts';
import type { Command, Given, Option, Printed } from './command.ts';

const required = (doc: string): Option => ({ kind: 'text', doc, required: true });
const text = (doc: string): Option => ({ kind: 'text', doc });

/** A change as it is printed: without the word that says it was made. */
export function print<T extends object>(changed: Changed<T>): Printed {
  if (changed.kind === 'faults') return changed;
  const { kind: _, ...facts } = changed;
  return { kind: 'done', facts };
}

/** The members that were given; an option left out stays with its default. */
export function givenOnly<T extends object>(values: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** Either test or live must be said: a guess would be wrong once, with real money. */
export function modeFaults(given: Given): readonly string[] {
  return given.flag('test') === given.flag('live') ? ['say either --test or --live'] : [];
}

const listOf = (given: Given, name: string): readonly string[] => (given.text(name) ?? '').split(',').filter((part) => part !== '');

const switchOf = (what: 'app' | 'merchant', word: 'enable' | 'disable', doc: string): Command => ({
  name: `${what} ${word}`,
  doc,
  options: { id: required(`The ${what}’s id.`) },
  run: async (context, given) =>
    print(await setStatus(context, { id: given.text('id') ?? '', status: word === 'enable' ? 'active' : 'disabled' })),
});

/** Merchants, apps, keys and endpoints. */
export const identityCommands: readonly Command[] = [
  {
    name: 'merchant create',
    doc: 'Adds a merchant.',
    options: { name: required('What people call it.') },
    run: async (context, given) => print(await createMerchant(context, { name: given.text('name') ?? '' })),
  },
  {
    name: 'merchant list',
    doc: 'Shows all merchants.',
    options: {},
    run: async ({ database }) => ({ kind: 'done', facts: await listMerchants(database) }),
  },
  {
    name: 'merchant brand',
    doc: 'Changes what a merchant’s checkout looks like.',
    options: {
      id: required('The merchant’s id.'),
      color: text('Of the buttons, such as #1a56db; none takes it away.'),
      logo: text('A file: PNG, JPEG or WebP, at most 64 KiB; none takes it away.'),
    },
    run: async (context, given) => {
      const [color, logo] = [given.text('color'), given.text('logo')];
      const picture = logo === undefined || logo === 'none' ? null : context.readBytes(logo);
      const looks = {
        ...(color !== undefined && { color: color === 'none' ? null : color }),
        ...(logo !== undefined && { logo: picture }),
      };
      return print(await setBrand(context, { id: given.text('id') ?? '', ...looks }));
    },
  },
  switchOf('merchant', 'enable', 'Takes requests of a merchant’s apps again.'),
  switchOf('merchant', 'disable', 'Refuses requests of all apps of a merchant; payments under way go on.'),
  {
    name: 'app create',
    doc: 'Adds an app. Prints the secret that signs its notifications, once.',
    options: {
      merchant: required('The merchant’s id.'),
      name: text('What people call it. Default: the mode.'),
      test: { kind: 'flag', doc: 'For test data.' },
      live: { kind: 'flag', doc: 'For real money.' },
      'notify-url': text('Where notifications go when a payment names no other address.'),
      'return-url': text('Where shoppers go when a payment names no other address.'),
      'late-policy': text('What happens to money after a close: auto_refund (default), accept or hold.'),
      'require-signature': { kind: 'flag', doc: 'Takes only requests signed as RFC 9421 says.' },
      rate: { kind: 'integer', doc: 'Requests a second. Default 200.' },
    },
    check: modeFaults,
    run: async (context, given) => {
      const options = givenOnly({
        notifyUrl: given.text('notify-url'),
        returnUrl: given.text('return-url'),
        latePolicy: given.text('late-policy') as LatePolicy | undefined,
        ratePerSecond: given.integer('rate'),
      });
      const livemode = given.flag('live');
      const name = given.text('name') ?? (livemode ? 'live' : 'test');
      const merchantId = given.text('merchant') ?? '';
      return print(await createApp(context, { merchantId, name, livemode, requireSignature: given.flag('require-signature'), ...options }));
    },
  },
  {
    name: 'app list',
    doc: 'Shows all apps.',
    options: {},
    run: async ({ database }) => ({ kind: 'done', facts: await listApps(database) }),
  },
  switchOf('app', 'enable', 'Takes requests of an app again.'),
  switchOf('app', 'disable', 'Refuses requests of an app; its payments under way go on.'),
  {
    name: 'key create',
    doc: 'Makes a secret key and prints it, once.',
    options: { app: required('The app’s id.'), scopes: required(`Separated by commas: ${scopes.join(', ')}.`) },
    run: async (context, given) => print(await createKey(context, { appId: given.text('app') ?? '', scopes: listOf(given, 'scopes') })),
  },
  {
    name: 'key revoke',
    doc: 'Ends a secret key or a signing key, for ever.',
    options: { id: required('The key’s id, not the key.') },
    run: async (context, given) => print(await revokeKey(context, { id: given.text('id') ?? '' })),
  },
  {
    name: 'app rotate',
    doc: 'Makes a new secret for notifications to notify_url and prints it, once. The old one signs too for a day.',
    options: { id: required('The app’s id.') },
    run: async (context, given) => print(await rotateNotificationSecret(context, { id: given.text('id') ?? '', of: 'app' })),
  },
  {
    name: 'signing-key add',
    doc: 'Adds a key for signed requests. Prints its id, the keyid of requests.',
    options: {
      app: required('The app’s id.'),
      algorithm: required('ed25519 or hmac-sha256.'),
      file: required('An Ed25519 public key (PEM or base64), or the base64 of a shared secret. -: standard input.'),
    },
    check: (given) =>
      ['ed25519', 'hmac-sha256'].includes(given.text('algorithm') ?? '') ? [] : ['--algorithm must be ed25519 or hmac-sha256'],
    run: async (context, given) => {
      const algorithm = given.text('algorithm') === 'ed25519' ? 'ed25519' : 'hmac-sha256';
      const material = context.readText(given.text('file') ?? '');
      return print(await addSigningKey(context, { appId: given.text('app') ?? '', algorithm, material }));
    },
  },
  {
    name: 'endpoint create',
    doc: 'Adds an address for an app’s notifications. Prints its secret, once.',
    options: {
      app: required('The app’s id.'),
      url: required('The address.'),
      types: text('The types of events, separated by commas. Default: all.'),
    },
    run: async (context, given) =>
      print(await createEndpoint(context, { appId: given.text('app') ?? '', url: given.text('url') ?? '', types: listOf(given, 'types') })),
  },
  {
    name: 'endpoint rotate',
    doc: 'Makes a new secret and prints it, once. The old one signs too for a day.',
    options: { id: required('The endpoint’s id.') },
    run: async (context, given) => print(await rotateNotificationSecret(context, { id: given.text('id') ?? '', of: 'endpoint' })),
  },
  {
    name: 'endpoint delete',
    doc: 'Takes an address away, with what was still to be sent there.',
    options: { id: required('The endpoint’s id.') },
    run: async (context, given) => print(await deleteEndpoint(context, { id: given.text('id') ?? '' })),
  },
  {
    name: 'endpoint list',
    doc: 'Shows all endpoints, without their secrets.',
    options: {},
    run: async ({ database }) => ({ kind: 'done', facts: await listEndpoints(database) }),
  },
];
