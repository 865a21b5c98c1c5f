import type { Abilities, ChannelManifest, MethodManifest } from '../contract/manifest.ts';
import { abilitiesOf } from './abilities.ts';

/** One method, with the abilities of its channel where it names none of its own. */
export interface MethodDescription extends Omit<MethodManifest, 'needs' | 'abilities' | 'maturity'> {
  /** The channel's, where the method has none of its own. */
  readonly maturity: ChannelManifest['maturity'];
  /** As merchants write them: `client_ip`. */
  readonly payerFields: readonly string[];
  readonly abilities: Abilities;
}

/** What a channel can do, in one form for the API and for docs/channels.md. */
export interface ChannelDescription {
  readonly id: string;
  readonly name: ChannelManifest['name'];
  readonly maturity: ChannelManifest['maturity'];
  /** Empty where nothing was. */
  readonly verified: NonNullable<ChannelManifest['verified']>;
  readonly methods: readonly MethodDescription[];
  readonly queryRefund: Abilities['queryRefund'];
  readonly statement: Abilities['statement'];
  readonly idempotency: { readonly create: boolean; readonly ttlHours: number | null; readonly refund: boolean };
  readonly callbackTrust: ChannelManifest['callback']['trust'];
}

export function describeChannel(manifest: ChannelManifest): ChannelDescription {
  const { id, name, maturity, verified = [], abilities, idempotency, callback } = manifest;
  return {
    id,
    name,
    maturity,
    verified,
    methods: manifest.methods.map((method) => describeMethod(manifest, method)),
    queryRefund: abilities.queryRefund,
    statement: abilities.statement,
    idempotency: { create: idempotency.create, ttlHours: idempotency.ttlHours ?? null, refund: idempotency.refund ?? true },
    callbackTrust: callback.trust,
  };
}

function describeMethod(manifest: ChannelManifest, { needs = [], ...method }: MethodManifest): MethodDescription {
  const { maturity = manifest.maturity } = method;
  return { ...method, maturity, payerFields: needs.map(toPayerField), abilities: abilitiesOf(manifest, method.product) };
}

/** The name of a fact about the shopper in the public API. */
export function toPayerField(need: string): string {
  return need.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
