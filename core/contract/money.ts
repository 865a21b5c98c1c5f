/**
 * An amount of money.
 *
 * `amount` is an integer number of minor units (cents, fen; yen have none), always a safe
 * integer: at most 9,007,199,254,740,991 in size. `currency` is an ISO 4217 code in upper case.
 * No part of paymux holds money in any other shape, and none does arithmetic with fractions.
 */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}
