import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { signText } from '../../rsa.ts';
import type { Vendor, Wire } from '../../types.ts';
import { orderIdOf } from './common.ts';
import { certify } from './keys.ts';
import { describeCapture, describeOrder, describeRefund } from './objects.ts';
import type { PaypalWorld } from './orders.ts';

const folder = '/v1/notifications/certs/';
const genuine = `${folder}CERT-messages`;
const forged = `${folder}CERT-stranger`;

/** Writes callbacks, and serves the certificates that they name. A stranger's is its own authority. */
export function makeComposer(world: PaypalWorld) {
  const { merchants, messages, certificate } = world.keys;

  const compose: Vendor['compose'] = async (order, callback, twist) => {
    const merchant = merchants.find(({ merchantId }) => merchantId === order.account);
    const told = twist.forged ? { ...order, state: 'paid' as const, paidAt: world.now() } : order;
    const refund = order.refunds.find(({ number }) => number === callback.refund);
    const ids = { supplementary_data: { related_ids: { order_id: orderIdOf(order.vendorNo) } } };
    const payment =
      callback.event === 'CHECKOUT.ORDER.APPROVED'
        ? describeOrder(told, twist, world.payPage(order))
        : { ...describeCapture(told, twist), payee: { merchant_id: order.account }, ...ids };
    const body = JSON.stringify({
      id: `WH-${callback.id}`,
      event_version: '1.0',
      create_time: new Date(world.now()).toISOString(),
      resource_type: refund === undefined ? 'capture' : 'refund',
      event_type: callback.event,
      resource: refund === undefined ? payment : describeRefund(order, refund, twist),
    });
    const id = randomUUID();
    const time = `${new Date(world.now()).toISOString().slice(0, 19)}Z`;
    const text = `${id}|${time}|${merchant?.webhookId ?? ''}|${crc32(body)}`;
    const signer = twist.forged ? (await world.forger()).sign : messages.sign;
    const headers = {
      'content-type': 'application/json',
      'paypal-transmission-id': id,
      'paypal-transmission-time': time,
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-cert-url': `${world.pagesUrl}/${world.channel}${twist.forged ? forged : genuine}`,
      'paypal-transmission-sig': await signText(signer, text, { spoil: twist.badSignature }),
    };
    return { headers, body };
  };

  return {
    compose,
    serves: (wire: Wire) => wire.method === 'GET' && (wire.path === genuine || wire.path === forged),
    async certificateAt(wire: Wire): Promise<string> {
      if (wire.path === genuine) return certificate;
      const stranger = await world.forger();
      return certify(stranger, stranger.sign);
    },
  };
}
