import type { Operation } from './call.ts';

/**
 * What is still sent to the vendor in each status of an account. Callbacks are read in every one, because money that a
 * shopper has paid is never turned away; what is not in here is refused before the channel's code runs. `draining`
 * finishes what was begun; `receive_only` begins and takes nothing more, and serves old orders; `retired` sends nothing.
 */
const refused: Readonly<Record<string, (operation: Operation) => boolean>> = {
  enabled: () => false,
  draining: () => false,
  receive_only: (operation) => operation === 'pay' || operation === 'capture',
  retired: (operation) => operation !== 'callback',
};

export function isSent(status: string, operation: Operation): boolean {
  return !(refused[status]?.(operation) ?? true);
}

/** The ways that an operator may take. Back from `retired` leads by `receive_only` alone, so that nobody pays there by a slip. */
export const statusMoves: Readonly<Record<string, readonly string[]>> = {
  enabled: ['draining', 'receive_only'],
  draining: ['enabled', 'receive_only', 'retired'],
  receive_only: ['enabled', 'draining', 'retired'],
  retired: ['receive_only'],
};
