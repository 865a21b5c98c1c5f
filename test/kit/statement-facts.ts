/** Something that a vendor says to have happened, before it is written in its notation. */
export interface Fact {
  readonly kind: 'payment' | 'refund';
  /** Ours. */
  readonly number: string;
  /** Digits: the ids of some vendors are numbers. */
  readonly channelNo: string;
  /** Positive for refunds too, as vendors write them. */
  readonly amount: number;
  readonly currency: string;
  readonly fee: number;
  readonly at: number;
}

export const major = (amount: number) => {
  const digits = String(Math.abs(amount)).padStart(3, '0');
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
export const sum = (facts: readonly Fact[], of: (fact: Fact) => number = ({ amount }) => amount) =>
  facts.reduce((total, fact) => total + of(fact), 0);
export const signed = ({ kind, amount }: Fact) => (kind === 'refund' ? -amount : amount);
export const split = (facts: readonly Fact[]) => ({
  paid: facts.filter(({ kind }) => kind === 'payment'),
  back: facts.filter(({ kind }) => kind === 'refund'),
});
export const textOf = (at: number, hours: number) => new Date(at + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
