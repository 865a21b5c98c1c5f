import { updateApp } from '../../core/access/admin/update-app.ts';
import type { LatePolicy } from '../../core/access/records.ts';
import type { Command, Context, Given, Option, Printed } from './command.ts';
import { givenOnly, print } from './identity.ts';

const text = (doc: string): Option => ({ kind: 'text', doc });
const changeable = ['notify-url', 'return-url', 'late-policy', 'rate', 'require-signature'] as const;

/** Changes to apps that exist. */
export const appCommands: readonly Command[] = [
  {
    name: 'app update',
    doc: 'Changes settings of an app; the others stay. Payments already made keep their addresses.',
    options: {
      id: { kind: 'text', doc: 'The app’s id.', required: true },
      'notify-url': text('Where notifications go when a payment names no other address. none: nowhere.'),
      'return-url': text('Where shoppers go when a payment names no other address. none: a neutral page.'),
      'late-policy': text('What happens to money after a close: auto_refund, accept or hold.'),
      'require-signature': text('on: only requests signed as RFC 9421 says. off: a secret key is enough.'),
      rate: { kind: 'integer', doc: 'Requests a second.' },
    },
    check: (given) => [...signatureFaults(given), ...nothingFaults(given)],
    run: runUpdate,
  },
];

function signatureFaults(given: Given): readonly string[] {
  return ['on', 'off', undefined].includes(given.text('require-signature')) ? [] : ['--require-signature must be on or off'];
}

function nothingFaults(given: Given): readonly string[] {
  const isGiven = changeable.some((name) => given.text(name) !== undefined);
  return isGiven ? [] : [`say what to change: ${changeable.map((name) => `--${name}`).join(', ')}`];
}

async function runUpdate(context: Context, given: Given): Promise<Printed> {
  const signature = given.text('require-signature');
  const changes = givenOnly({
    notifyUrl: readUrl(given.text('notify-url')),
    returnUrl: readUrl(given.text('return-url')),
    latePolicy: given.text('late-policy') as LatePolicy | undefined,
    requireSignature: signature === undefined ? undefined : signature === 'on',
    ratePerSecond: given.integer('rate'),
  });
  return print(await updateApp(context, { id: given.text('id') ?? '', ...changes }));
}

function readUrl(given: string | undefined): string | null | undefined {
  return given === 'none' ? null : given;
}
