import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { type Locale, refuse } from '../../errors.ts';
import { closePayment } from '../../payments/close.ts';
import type { Kernel } from '../../payments/deps.ts';
import { createAskOnRead } from '../../payments/on-read.ts';
import { pay } from '../../payments/pay.ts';
import { viewAttempt, viewPayment } from '../../payments/view.ts';
import { viewRefund } from '../../refunds/view.ts';
import { readAttempts } from '../../store/tables/attempts.ts';
import { listPayments, type PaymentRow, readPayment } from '../../store/tables/payments.ts';
import { createReadTogether } from '../../store/tables/read-together.ts';
import { readRefunds } from '../../store/tables/refunds.ts';
import { answer, defineRoute } from '../route.ts';
import { readPageQuery } from './read-page.ts';
import { type CheckUrl, moreFaults, readNewPayment } from './read-payment.ts';
import { listOf, listPaymentsQuery, newPaymentBody, onePaymentQuery, paymentView } from './schemas.ts';

/** `/v1/payments`. */
export function paymentRoutes(kernel: Kernel, checkUrl: CheckUrl) {
  return [createRoute(kernel, checkUrl), readRoute(kernel), listRoute(kernel), closeRoute(kernel)];
}

function createRoute(kernel: Kernel, checkUrl: CheckUrl) {
  return defineRoute<typeof newPaymentBody, z.ZodType<Record<string, never>>, App, ApiKey>({
    id: 'payments.create',
    method: 'POST',
    path: '/v1/payments',
    summary: 'Create a payment',
    tag: 'Payments',
    scope: 'payments:write',
    body: newPaymentBody,
    moreFaults: (app, body, isMissing) => moreFaults(kernel, checkUrl, app, body, isMissing),
    answers: { 201: paymentView, 200: paymentView },
    async handle({ app, body, locale }) {
      const request = readNewPayment(kernel, checkUrl, app, body);
      if ('kind' in request) return request;
      const result = await pay(kernel, app, request);
      if (result.kind === 'refused') return result;
      return answer(result.created ? 201 : 200, viewPayment(kernel, result.payment, locale));
    },
  });
}

function readRoute(kernel: Kernel) {
  const askOnRead = createAskOnRead(kernel);
  const readTogether = createReadTogether(kernel.database);
  return defineRoute<z.ZodType<Record<string, never>>, typeof onePaymentQuery, App, ApiKey>({
    id: 'payments.read',
    method: 'GET',
    path: '/v1/payments/:id',
    summary: 'Read a payment',
    tag: 'Payments',
    scope: 'payments:read',
    query: onePaymentQuery,
    answers: { 200: paymentView },
    async handle({ app, params, query, locale }) {
      const payment = await readTogether(params.id ?? '');
      if (payment?.app_id !== app.id) return refuse('not_found');
      askOnRead(payment);
      return answer(200, await expanded(kernel, payment, query.expand ?? [], locale));
    },
  });
}

async function expanded(kernel: Kernel, payment: PaymentRow, expand: readonly string[], locale: Locale) {
  const attempts = expand.includes('attempts') ? await readAttempts(kernel.database, payment.id) : null;
  const refunds = expand.includes('refunds') ? await readRefunds(kernel.database, payment.id) : null;
  return {
    ...viewPayment(kernel, payment, locale),
    ...(attempts && { attempts: attempts.map((one) => viewAttempt(one, locale)) }),
    ...(refunds && { refunds: refunds.map((one) => viewRefund(one, locale)) }),
  };
}

function listRoute(kernel: Kernel) {
  return defineRoute<z.ZodType<Record<string, never>>, typeof listPaymentsQuery, App, ApiKey>({
    id: 'payments.list',
    method: 'GET',
    path: '/v1/payments',
    summary: 'List payments, newest first',
    tag: 'Payments',
    scope: 'payments:read',
    query: listPaymentsQuery,
    answers: { 200: listOf(paymentView) },
    async handle({ app, query, locale }) {
      const filter = {
        appId: app.id,
        merchantOrderNo: query.merchant_order_no,
        state: query.state,
        channel: query.channel,
        createdFrom: query.created_from === undefined ? undefined : Date.parse(query.created_from),
        createdTo: query.created_to === undefined ? undefined : Date.parse(query.created_to),
      };
      const page = await readPageQuery(query, async (id) => (await ownPayment(kernel, app, id)) !== null);
      if ('kind' in page) return page;
      const found = await listPayments(kernel.database, filter, page);
      const data: unknown[] = [];
      // One after the other: a page of a hundred must not take every connection of the database at once.
      for (const row of found.rows) data.push(await expanded(kernel, row, query.expand ?? [], locale));
      return answer(200, { object: 'list', data, has_more: found.hasMore });
    },
  });
}

function closeRoute(kernel: Kernel) {
  return defineRoute<z.ZodType<Record<string, never>>, z.ZodType<Record<string, never>>, App, ApiKey>({
    id: 'payments.close',
    method: 'POST',
    path: '/v1/payments/:id/close',
    summary: 'Close an unpaid payment',
    tag: 'Payments',
    scope: 'payments:write',
    answers: { 200: paymentView },
    async handle({ app, params, locale }) {
      const before = await ownPayment(kernel, app, params.id);
      if (before === null) return refuse('not_found');
      if (before.state === 'closed') return answer(200, viewPayment(kernel, before, locale));
      if (isEnded(before)) return notClosable(kernel, before, locale);
      const payment = (await closePayment(kernel, { paymentId: before.id, reason: 'merchant', cause: 'merchant' })) ?? before;
      return isEnded(payment) ? notClosable(kernel, payment, locale) : answer(200, viewPayment(kernel, payment, locale));
    },
  });
}

function isEnded(payment: PaymentRow): boolean {
  return payment.state === 'success' || payment.state === 'refunded' || payment.state === 'failed';
}

function notClosable(kernel: Kernel, payment: PaymentRow, locale: Locale) {
  return refuse('payment_not_closable', { payment: viewPayment(kernel, payment, locale), values: { state: payment.state } });
}

/** A payment of another app does not exist for this one. */
export async function ownPayment(kernel: Kernel, app: App, id: string | undefined): Promise<PaymentRow | null> {
  const payment = await readPayment(kernel.database, id ?? '');
  return payment?.app_id === app.id ? payment : null;
}
