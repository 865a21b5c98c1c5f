/**
 * The source of a channel that answers at once and without network, so that what is measured is the
 * kernel's own way: choosing, the breaker, the deadline, two transactions and the QR code.
 */
export function stubChannel(id: string): string {
  const both = { en: id, zh: id };
  const manifest = {
    id,
    name: both,
    maturity: 'stable',
    methods: [
      { id: `${id}_qr`, product: 'qr', name: both, action: 'qr', currencies: ['CNY'] },
      { id: `${id}_direct`, product: 'direct', name: both, action: 'none', currencies: ['CNY'] },
    ],
    abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'none', queryRefund: 'none', statement: 'none' },
    money: { notation: 'minor_integer' },
    idempotency: { create: true },
    callback: { trust: 'signed' },
    settle: { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
    rateLimited: 'unknown',
    failoverCodes: [],
    config: { type: 'object', required: [], properties: {} },
  };
  return `const paid = ({ number, money }) => ({
  kind: 'ok', report: { state: 'succeeded', channelNo: 'v' + number, money, echo: { number, currency: money.currency } },
});
const shown = ({ number }) => ({ kind: 'action', action: { type: 'qr', qrContent: 'stub://pay/' + number } });
const channel = {
  merchantNo: 'stub',
  pay: async (request) => (request.product === 'direct' ? paid(request) : shown(request)),
  query: async () => ({ kind: 'ok', report: { state: 'pending', echo: {} } }),
  parseCallback: async () => ({ kind: 'refused', reason: 'malformed', reply: { status: 400, body: '' } }),
};
export default { contract: 1, manifest: ${JSON.stringify(manifest)}, open: () => channel };
`;
}
