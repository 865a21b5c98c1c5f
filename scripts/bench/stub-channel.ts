/**
 * The source of a channel that answers at once and without network, so that what is measured is the
 * kernel's own way: choosing, the breaker, the deadline, two transactions and the QR code. An account may name a file
 * for what truly happened (`truth`), a key for callbacks (`publicKey`), and a vendor to be called (`vendor`).
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
    abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
    money: { notation: 'minor_integer' },
    idempotency: { create: true },
    callback: { trust: 'signed' },
    settle: { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
    rateLimited: 'unknown',
    failoverCodes: [],
    config: { type: 'object', required: [], properties: { truth: text('truth'), publicKey: text('public key'), vendor: text('vendor') } },
  };
  return `${source}\nexport default { contract: 1, manifest: ${JSON.stringify(manifest)}, open };\n`;
}

function text(title: string) {
  return { type: 'string', description: title };
}

const source = `import { createPublicKey, verify } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';

const accepted = { status: 200, body: 'ok' };
const refused = { kind: 'refused', reason: 'bad_signature', reply: { status: 401, body: 'no' } };
const paidOf = (number, money) => ({ state: 'succeeded', channelNo: 'v' + number, money, echo: { number } });
const unknown = { kind: 'unknown', reason: 'server_error' };

async function ask(vendor, call, request) {
  const body = JSON.stringify({ number: request.number, ...request.money });
  const answer = await call.http({ method: 'POST', url: vendor, body });
  return answer.kind !== 'answered' ? answer : answer.status === 200 ? null : unknown;
}

function open({ config }) {
  const file = config.truth === undefined ? null : openSync(config.truth, 'a');
  const refunded = new Map();
  const key = config.publicKey === undefined ? null : createPublicKey(config.publicKey);
  const note = (kind, number, money) => file !== null && writeSync(file, JSON.stringify({ kind, number, ...money }) + '\\n');
  return {
    merchantNo: 'stub',
    async pay(request, call) {
      const { number, money, product } = request;
      const fault = config.vendor === undefined ? null : await ask(config.vendor, call, request);
      if (fault !== null) return fault;
      if (product !== 'direct') return { kind: 'action', action: { type: 'qr', qrContent: 'stub://pay/' + number } };
      if (config.vendor === undefined) note('charge', number, money);
      return { kind: 'ok', report: paidOf(number, money) };
    },
    query: async () => ({ kind: 'ok', report: { state: 'pending', echo: {} } }),
    async refund({ number, money }) {
      if (!refunded.has(number)) note('refund', number, money);
      refunded.set(number, money);
      return { kind: 'ok', report: paidOf(number, money) };
    },
    async queryRefund({ number }) {
      const money = refunded.get(number);
      return { kind: 'ok', report: money === undefined ? { state: 'not_found' } : paidOf(number, money) };
    },
    async parseCallback({ headers, body }) {
      const signature = Buffer.from(headers['x-signature'] ?? '', 'base64');
      if (key === null || !verify('RSA-SHA256', body, key, signature)) return refused;
      const { number, amount, currency } = JSON.parse(String(body));
      const report = paidOf(number, { amount, currency });
      return { kind: 'event', eventId: number, trust: 'signed', items: [{ of: 'payment', number, report }], accepted, retry: { status: 500, body: '' } };
    },
  };
}`;
