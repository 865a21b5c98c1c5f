/** What the shop uses of the API of paymux. */
export interface Payment {
  readonly id: string;
  readonly state: 'pending' | 'processing' | 'success' | 'failed' | 'refunded' | 'closed';
  readonly amount: number;
  readonly amount_refunded: number;
  readonly currency: string;
  readonly subject: string;
  readonly merchant_order_no: string;
  readonly method: string | null;
  readonly checkout_url: string | null;
}

export interface Order {
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
  readonly subject: string;
}

/** The whole integration of a shop: three calls, and one signature that it checks (`notification.ts`). */
export interface Paymux {
  createPayment(order: Order, returnUrl: string): Promise<Payment>;
  readPayment(orderNo: string): Promise<Payment | null>;
  refund(payment: Payment, refundNo: string): Promise<void>;
}

export function connect(base: string, key: string): Paymux {
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = (await answer.json()) as { readonly detail?: string };
    if (!answer.ok) throw new Error(said.detail ?? `paymux answered ${answer.status}`);
    return said;
  };
  return {
    async createPayment({ number, amount, currency, subject }, returnUrl) {
      // Without a method: the shopper chooses at the checkout.
      const body = { merchant_order_no: number, amount, currency, subject, return_url: returnUrl };
      return (await call('POST', '/v1/payments', body)) as unknown as Payment;
    },
    async readPayment(orderNo) {
      const list = (await call('GET', `/v1/payments?merchant_order_no=${encodeURIComponent(orderNo)}`)) as unknown as {
        readonly data: readonly Payment[];
      };
      return list.data[0] ?? null;
    },
    async refund({ id, amount, amount_refunded }, refundNo) {
      await call('POST', `/v1/payments/${id}/refunds`, { merchant_refund_no: refundNo, amount: amount - amount_refunded });
    },
  };
}
