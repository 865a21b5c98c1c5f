import { type ChannelDescription, describeChannel } from '../../core/channels/describe.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';

const head = `# Channels

What each channel and method can do, out of the channels' manifests: \`npm run channels:docs\` writes this page, and a test
compares. \`beta\`: some request format of the channel, or of the method, could not be checked against a vendor's document,
schema or vector. [What was verified](#what-was-verified) names what was checked against what; a channel's README says what is not proven.

`;

const verifiedHead = `
## What was verified

Nothing was sent to a vendor for any of this. *vendor*: by the vendor's own word. *standard*: by a published one. *other code*:
another program that speaks to the same vendor. *simulator*: the whole flow, against one that was written from the
vendor's rules and shares no code with the channel.

| channel | maturity | methods | what | against | source |
| --- | --- | --- | --- | --- | --- |
`;

/** One row of a table in Markdown. */
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The page about all channels, in the order of their names. */
export function renderChannelsPage(manifests: readonly ChannelManifest[]): string {
  const sorted = manifests.map(describeChannel).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const methods = sorted.reduce((sum, one) => sum + one.methods.length, 0);
  return [
    head,
    `${sorted.length} channels with ${methods} methods.\n\n`,
    `${row(['channel', 'maturity', 'callbacks', 'a repeated create', 'a repeated refund'])}\n${row(Array(5).fill('---'))}\n`,
    ...sorted.map((one) => `${channelRow(one)}\n`),
    verifiedHead,
    ...sorted.flatMap((one) => verifiedRows(one).map((text) => `${text}\n`)),
    '\n## Methods\n\n',
    `${row(['method', 'name', 'maturity', 'shopper', 'currencies', 'needs of the payer', 'query', 'close', 'capture', 'refund'])}\n${row(Array(10).fill('---'))}\n`,
    ...sorted.flatMap((one) => methodRows(one).map((text) => `${text}\n`)),
  ].join('');
}

function channelRow({ id, name, maturity, callbackTrust, idempotency, methods }: ChannelDescription): string {
  const link = `[${name.en}](../plugins/channels/${id}/README.md) (${name.zh})`;
  const create = idempotency.create ? 'is the same' : 'is not sent';
  const hasRefunds = methods.some(({ abilities }) => abilities.refund !== 'none');
  const refund = idempotency.refund ? 'is the same' : 'is not sent';
  return row([link, maturity, callbackTrust, create, hasRefunds ? refund : 'no refunds']);
}

function verifiedRows({ name, maturity, verified }: ChannelDescription): readonly string[] {
  if (verified.length === 0) return [row([name.en, maturity, 'all', 'nothing', '–', '–'])];
  return verified.map(({ what, against, source, methods = [] }) =>
    row([
      name.en,
      maturity,
      methods.map((method) => `\`${method}\``).join(' ') || 'all',
      what,
      against.replaceAll('_', ' '),
      source.replaceAll('|', '\\|'),
    ]),
  );
}

function methodRows({ methods }: ChannelDescription): readonly string[] {
  return methods.map((method) => {
    const { currencies, abilities: can } = method;
    const shown = currencies.length > 6 ? `${currencies.slice(0, 5).join(' ')} and ${currencies.length - 5} more` : currencies.join(' ');
    const words = (ability: string) => (ability === 'none' ? '–' : ability.replaceAll('_', ' '));
    const needs = method.payerFields.join(', ');
    const abilities = [can.query, can.close, can.capture, can.refund].map(words);
    return row([
      `\`${method.id}\``,
      `${method.name.en} (${method.name.zh})`,
      method.maturity,
      method.action,
      shown,
      needs || '–',
      ...abilities,
    ]);
  });
}
