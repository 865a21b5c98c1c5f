import type { Abilities, ChannelManifest, MethodManifest } from '../../core/contract/manifest.ts';
import type { Chance } from './random.ts';

/** What distinguishes one kind of vendor from another, as far as money is concerned. */
export interface Traits {
  readonly name: string;
  readonly abilities: Abilities;
  readonly idempotency: ChannelManifest['idempotency'];
  readonly trust: ChannelManifest['callback']['trust'];
  readonly action: MethodManifest['action'];
  /** The vendor names what it opens, and knows it by that name only. */
  readonly named: boolean;
}

const usual: Traits = {
  name: 'usual',
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
  idempotency: { create: true },
  trust: 'signed',
  action: 'qr',
  named: false,
};

/** The kinds that the real channels are of. */
export const kinds: readonly Traits[] = [
  usual,
  { ...usual, name: 'unclosable', abilities: { ...usual.abilities, close: 'none' } },
  {
    ...usual,
    name: 'named',
    abilities: { ...usual.abilities, query: 'by_channel_no', queryRefund: 'by_channel_no' },
    idempotency: { create: true, ttlHours: 24 },
    named: true,
  },
  { ...usual, name: 'captured', abilities: { ...usual.abilities, close: 'none', capture: 'full' } },
  { ...usual, name: 'captured-closable', abilities: { ...usual.abilities, capture: 'full' } },
  { ...usual, name: 'unrepeatable', idempotency: { create: false, refund: false } },
  { ...usual, name: 'at-once', action: 'none' },
  { ...usual, name: 'hinting', trust: 'unverified' },
  { ...usual, name: 'whole-refunds', abilities: { ...usual.abilities, refund: 'full' } },
  {
    ...usual,
    name: 'unasked',
    abilities: { ...usual.abilities, query: 'none', close: 'none', queryRefund: 'none' },
    idempotency: { create: false },
  },
  { ...usual, name: 'silent-refunds', abilities: { ...usual.abilities, queryRefund: 'none' } },
];

export const notFoundIsFinalAfterSec = 60;
export const settlingSec = 120;

/** Two or three vendors of different kinds, all of which can be paid by the one method of each. */
export function pickKinds(chance: Chance): readonly Traits[] {
  const rest = [...kinds];
  return Array.from({ length: 2 + chance.below(2) }, () => rest.splice(chance.below(rest.length), 1)[0] as Traits);
}

export function manifestOf(id: string, traits: Traits): ChannelManifest {
  return {
    id,
    name: { en: traits.name, zh: traits.name },
    maturity: 'stable',
    methods: [{ id: `${id}_pay`, product: 'pay', name: { en: 'Pay', zh: '付' }, action: traits.action, currencies: ['CNY'] }],
    abilities: traits.abilities,
    money: { notation: 'minor_integer' },
    idempotency: traits.idempotency,
    callback: { trust: traits.trust },
    settle: { notFoundIsFinalAfterSec, settlingSec },
    rateLimited: 'unknown',
    failoverCodes: ['limit_exceeded'],
    config: { type: 'object', required: [], properties: {} },
  };
}
