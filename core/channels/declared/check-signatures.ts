import type { Say } from './check.ts';
import type { Definition, Signature } from './schema.ts';
import { isDigest, isShared } from './sign.ts';

/** A shared key that may be shorter than this could be guessed from one signed callback. */
const leastKeyLength = 16;

/** Rules that cannot work, and keys that would protect nothing. */
export function checkSignatures(definition: Definition, say: Say): void {
  for (const [name, rule] of Object.entries(definition.signatures)) {
    const at = `signatures.${name}`;
    checkKeys(definition, rule, at, say);
    checkPlace(rule, at, say);
    if (rule.order === 'listed' && rule.fields === undefined) say(`${at}.fields`, 'must list the fields, because order is listed');
    if (rule.write === undefined && !rule.family.startsWith('rsa')) say(`${at}.write`, 'must be hex, HEX or base64');
    if (rule.write !== undefined && rule.write !== 'base64' && rule.family.startsWith('rsa'))
      say(`${at}.write`, 'of RSA can only be base64');
    if (!isDigest(rule) && rule.keyAs !== '') say(`${at}.keyAs`, `is for md5 and sha256: ${rule.family} takes the key apart from the text`);
    if (rule.userId !== undefined && rule.family !== 'sm2-sm3') say(`${at}.userId`, 'is for sm2-sm3');
  }
}

function checkPlace(rule: Signature, at: string, say: Say): void {
  if ((rule.field === undefined) === (rule.header === undefined))
    say(at, 'must say in which field or in which header the signature is, one of the two');
  if (rule.over === 'body' && rule.field !== undefined) say(`${at}.field`, 'cannot be in the body that is signed: use header');
}

function checkKeys(definition: Definition, rule: Signature, at: string, say: Say): void {
  const own = isShared(rule) ? (['key'] as const) : (['privateKey', 'publicKey'] as const);
  const other = isShared(rule) ? (['privateKey', 'publicKey'] as const) : (['key'] as const);
  for (const kind of other) if (rule[kind] !== undefined) say(`${at}.${kind}`, `is not for ${rule.family}: it takes ${own.join(' and ')}`);
  const given = own.filter((kind) => rule[kind] !== undefined);
  if (given.length === 0) say(at, `names no key of the configuration: ${own.join(' or ')}`);
  for (const kind of given) checkKey(definition, rule, kind, `${at}.${kind}`, say);
}

function checkKey({ config }: Definition, rule: Signature, kind: 'key' | 'privateKey' | 'publicKey', at: string, say: Say): void {
  const name = rule[kind] ?? '';
  const field = Object.hasOwn(config.properties, name) ? config.properties[name] : undefined;
  if (field === undefined) {
    say(at, `${name} is no field of the configuration; there are: ${Object.keys(config.properties).join(', ')}`);
    return;
  }
  if (!config.required.includes(name)) say(at, `${name} must be required`);
  if (field.type !== 'string') say(at, `${name} must be a string`);
  if (kind !== 'publicKey' && field.secret !== true) say(at, `${name} must be marked secret`);
  if (kind === 'key' && (field.minLength ?? 0) < leastKeyLength) say(at, `${name} must have a minLength of ${leastKeyLength} or more`);
}
