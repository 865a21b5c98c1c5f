import type { Abilities, ChannelManifest } from '../contract/manifest.ts';

/** What can be done with a payment by one product of a channel: the channel's abilities, where the method does not say otherwise. */
export function abilitiesOf(manifest: ChannelManifest, product: string): Abilities {
  return { ...manifest.abilities, ...manifest.methods.find((method) => method.product === product)?.abilities };
}

/** Whether any method has an ability. */
export function hasAbility({ abilities, methods }: ChannelManifest, ability: keyof Abilities): boolean {
  const ofMethods = methods.map((method) => (method.abilities as Partial<Abilities> | undefined)?.[ability]);
  return [abilities[ability], ...ofMethods].some((one) => one !== undefined && one !== 'none');
}
