import type { PaymentReport } from '../../core/contract/outcome.ts';
import type { Order } from './vendor.ts';
import type { Vendor, World } from './world.ts';

/** What a vendor says of an order when it is asked, and in its callbacks. */
export function reportOf(world: World, vendor: Vendor, order: Order): PaymentReport {
  const echo = { number: order.number, merchantNo: order.account };
  const named = vendor.traits.named || order.state === 'paid' ? { channelNo: order.channelNo } : {};
  if (order.state === 'paid')
    return { state: 'succeeded', channelNo: order.channelNo, money: { amount: order.amountPaid, currency: order.currency }, echo };
  if (order.state === 'approved') return { state: 'approved', ...named, echo };
  // Some vendors say that an order is over, others call it unpaid for ever.
  const saysSo = order.number.charCodeAt(25) % 2 === 0;
  const isOver = order.state === 'open' && world.time.wallMs() > order.expiresAt + 60_000 && saysSo;
  return order.state === 'closed' || isOver ? { state: 'closed', ...named, echo } : { state: 'pending', ...named, echo };
}
