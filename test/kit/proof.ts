import type { ChannelManifest } from '../../core/contract/manifest.ts';

/** Why a channel must not call itself more than `beta`; empty where nothing speaks against it. */
export function proofFaults({ id, confirmedBy, verified = [] }: ChannelManifest): readonly string[] {
  // Money that a person takes has no vendor, so there is nothing to be checked against.
  if (confirmedBy === 'operator') return [];
  const named = verified.some(({ against }) => ['vendor_document', 'vendor_schema', 'vendor_vector'].includes(against));
  const requests = verified.some(({ what, against }) => what === 'requests' && against.startsWith('vendor_'));
  return [
    ...(named ? [] : [`${id} names no document, schema or vector of its vendor`]),
    ...(requests ? [] : [`${id} does not say which word of its vendor its requests were held against`]),
  ];
}
