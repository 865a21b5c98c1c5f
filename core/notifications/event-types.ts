/** Everything that a merchant can be told of. */
export const eventTypes = [
  'payment.created',
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'payment.closed',
  'payment.exception',
  'refund.created',
  'refund.processing',
  'refund.succeeded',
  'refund.failed',
  'refund.exception',
  'reconciliation.done',
  'reconciliation.refused',
] as const;

export type EventType = (typeof eventTypes)[number];
