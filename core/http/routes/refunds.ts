import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { refuse } from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import { refund } from '../../refunds/refund.ts';
import { viewRefund } from '../../refunds/view.ts';
import { listRefunds, readRefund } from '../../store/tables/refunds.ts';
import { answer, defineRoute } from '../route.ts';
import { readPageQuery } from './read-page.ts';
import { hashOf } from './read-payment.ts';
import { listOf, listRefundsQuery, newRefundBody, refundView } from './schemas.ts';

/** `/v1/payments/{id}/refunds` and `/v1/refunds`. */
export function refundRoutes(kernel: Kernel) {
  return [createRoute(kernel), readRoute(kernel), listRoute(kernel)];
}

function createRoute(kernel: Kernel) {
  return defineRoute<typeof newRefundBody, z.ZodType<Record<string, never>>, App, ApiKey>({
    id: 'refunds.create',
    method: 'POST',
    path: '/v1/payments/:id/refunds',
    summary: 'Refund a payment, in part or in whole',
    tag: 'Refunds',
    scope: 'refunds:write',
    body: newRefundBody,
    answers: { 201: refundView, 200: refundView },
    async handle({ app, params, body, locale }) {
      const paymentId = params.id ?? '';
      const result = await refund(kernel, app, {
        paymentId,
        merchantRefundNo: body.merchant_refund_no,
        amount: body.amount,
        reason: body.reason ?? null,
        hash: hashOf({ ...body, payment: paymentId }),
      });
      if (result.kind === 'refused') return result;
      return answer(result.created ? 201 : 200, viewRefund(result.refund, locale));
    },
  });
}

function readRoute(kernel: Kernel) {
  return defineRoute<z.ZodType<Record<string, never>>, z.ZodType<Record<string, never>>, App, ApiKey>({
    id: 'refunds.read',
    method: 'GET',
    path: '/v1/refunds/:id',
    summary: 'Read a refund',
    tag: 'Refunds',
    scope: 'payments:read',
    answers: { 200: refundView },
    async handle({ app, params, locale }) {
      const row = await readRefund(kernel.database, params.id ?? '');
      return row === null || row.app_id !== app.id ? refuse('not_found') : answer(200, viewRefund(row, locale));
    },
  });
}

function listRoute(kernel: Kernel) {
  return defineRoute<z.ZodType<Record<string, never>>, typeof listRefundsQuery, App, ApiKey>({
    id: 'refunds.list',
    method: 'GET',
    path: '/v1/refunds',
    summary: 'List refunds, newest first',
    tag: 'Refunds',
    scope: 'payments:read',
    query: listRefundsQuery,
    answers: { 200: listOf(refundView) },
    async handle({ app, query, locale }) {
      const page = await readPageQuery(query, async (id) => (await readRefund(kernel.database, id))?.app_id === app.id);
      if ('kind' in page) return page;
      const found = await listRefunds(kernel.database, { appId: app.id, paymentId: query.payment }, page);
      return answer(200, { object: 'list', data: found.rows.map((row) => viewRefund(row, locale)), has_more: found.hasMore });
    },
  });
}
