import type { ChannelManifest } from '../../core/contract/manifest.ts';

/** Why a channel, or a method of it, must not call itself more than `beta`; empty where nothing speaks against it. */
export function proofFaults({ id, confirmedBy, maturity: whole, methods, verified = [] }: ChannelManifest): readonly string[] {
  // Money that a person takes has no vendor, so there is nothing to be checked against.
  if (confirmedBy === 'operator') return [];
  const stable = methods.filter(({ maturity = whole }) => maturity === 'stable').map((method) => method.id);
  if (whole === 'beta' && stable.length === 0) return [];
  const named = verified.some(({ against }) => ['vendor_document', 'vendor_schema', 'vendor_vector'].includes(against));
  const requests = verified.filter(({ what, against }) => what === 'requests' && against.startsWith('vendor_'));
  const unproven = stable.filter((method) => !requests.some(({ methods: about = stable }) => about.includes(method)));
  return [
    ...(named ? [] : [`${id} names no document, schema or vector of its vendor`]),
    ...unproven.map((method) => `${id} does not say which word of its vendor the requests of ${method} were held against`),
  ];
}
