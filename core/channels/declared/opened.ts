import type { Account } from '../../contract/channel.ts';
import type { Kit } from '../../contract/kit.ts';
import type { Definition } from './schema.ts';
import { bytesToSign, openSigner, type Signer, secretOf } from './sign.ts';
import { fill, parseTemplate, type Values } from './template.ts';

export type Config = Readonly<Record<string, unknown>>;

/** A definition opened for one account: its keys parsed, its configuration at hand. */
export interface Opened {
  readonly definition: Definition;
  readonly config: Config;
  readonly kit: Kit;
  readonly signers: ReadonlyMap<string, Signer>;
  readonly merchantNo: string | null;
}

/** Throws in words for the operator, without values, when the account cannot be served. */
export function openAccount(definition: Definition, { config, livemode }: Account<Config>, kit: Kit): Opened {
  if (livemode) refuseOpenWire(definition, config);
  const signers = new Map(
    Object.entries(definition.signatures).map(([name, rule]) => [name, openSigner(name, rule, config, kit)] as const),
  );
  const opened = { definition, config, kit, signers, merchantNo: null };
  const merchantNo = definition.merchantNo === undefined ? null : fillText(opened, definition.merchantNo, configValues(config));
  return { ...opened, merchantNo };
}

/** Answers that nothing but TLS proves are no proof without TLS. Loopback is where the simulator plays, with test accounts only. */
function refuseOpenWire(definition: Definition, config: Config): void {
  const plain = Object.entries(config).find(([, value]) => typeof value === 'string' && /^http:\/\//i.test(value));
  const trusts = [definition.query, definition.refund, definition.queryRefund, definition.close, ...definition.pay].some(
    (one) => one !== undefined && 'answer' in one && one.answer.verify === 'tls',
  );
  if (plain !== undefined && trusts) throw new Error(`${plain[0]} must begin with https:// in live mode: nothing else proves the answers`);
}

/** The configuration, as templates name it. */
export const configValues = (config: Config): Values =>
  Object.fromEntries(Object.entries(config).map(([name, value]) => [`config.${name}`, String(value)]));

/** The text of a template that the check of the definition has passed. */
export function fillText(opened: Pick<Opened, 'definition'>, text: string, values: Values, encode?: (value: string) => string): string {
  const template = parseTemplate(text);
  if (typeof template === 'string') throw new Error(`a template ${template}`);
  return fill(template, values, opened.definition.zone, encode);
}

/** Signs fields or a body by a named rule. */
export async function signWith(opened: Opened, name: string, fields: Readonly<Record<string, string>>, body: Uint8Array): Promise<string> {
  const signer = signerOf(opened, name);
  return signer.sign(bytesToSign(signer, fields, body, secretOf(signer.rule, opened.config)));
}

export function signerOf({ signers }: Opened, name: string): Signer {
  const signer = signers.get(name);
  if (signer === undefined) throw new Error(`there is no signature ${name}`);
  return signer;
}
