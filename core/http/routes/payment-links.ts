import { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { createPaymentLink, disableLink, linkUrl, type NewPaymentLink } from '../../checkout/payment-links.ts';
import { refuse } from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import { drawQr } from '../../payments/qr-svg.ts';
import { time } from '../../payments/view.ts';
import { listPaymentLinks, type PaymentLinkRow, readPaymentLink } from '../../store/tables/payment-links.ts';
import { answer, defineRoute } from '../route.ts';
import { readPageQuery } from './read-page.ts';
import type { CheckUrl } from './read-payment.ts';
import { amount, currency, listOf, metadata, pageQuery, subject, url } from './schemas.ts';

const newLinkBody = z.strictObject({
  subject,
  amount: amount.meta({ description: 'Minor units; absent where the shopper types the amount' }).optional(),
  min_amount: amount.meta({ description: 'The least that a shopper may type' }).optional(),
  max_amount: amount.meta({ description: 'The most that a shopper may type' }).optional(),
  currency,
  most_payments: z.int().min(1).max(10_000).meta({ description: 'How many payments it takes; any number when absent' }).optional(),
  notify_url: url.optional(),
  return_url: url.optional(),
  expires_in: z
    .int()
    .min(60)
    .max(31_536_000)
    .meta({ description: 'Seconds until it takes no more payments; never when absent' })
    .optional(),
  metadata: metadata.optional(),
});
const listQuery = z.strictObject(pageQuery);

const linkView = z.strictObject({
  id: z.string(),
  object: z.literal('payment_link'),
  url: z.string(),
  qr_svg: z.string().describe('The address as a code to print'),
  status: z.enum(['active', 'disabled']),
  subject: z.string(),
  amount: amount.nullable(),
  min_amount: amount.nullable(),
  max_amount: amount.nullable(),
  currency: z.string(),
  most_payments: z.int().nullable(),
  metadata: z.record(z.string(), z.string()),
  expires_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
});

type None = z.ZodType<Record<string, never>>;

/** `/v1/payment_links`. */
export function paymentLinkRoutes(kernel: Kernel, checkUrl: CheckUrl) {
  return [createRoute(kernel, checkUrl), listRoute(kernel), readRoute(kernel), disableRoute(kernel)];
}

function createRoute(kernel: Kernel, checkUrl: CheckUrl) {
  return defineRoute<typeof newLinkBody, None, App, ApiKey>({
    id: 'payment_links.create',
    method: 'POST',
    path: '/v1/payment_links',
    summary: 'Create a link that takes payments',
    tag: 'Payment links',
    scope: 'payments:write',
    body: newLinkBody,
    answers: { 201: linkView },
    async handle({ app, body, idempotencyId }) {
      const faults = faultsOf(body, checkUrl, app);
      const [first] = faults;
      if (first !== undefined) return refuse('invalid_request', { param: first.param, detail: first.detail, errors: faults });
      const link = await createPaymentLink(kernel, app, readLink(kernel, body), idempotencyId);
      return answer(201, viewLink(kernel, link));
    },
  });
}

type Body = z.output<typeof newLinkBody>;

function faultsOf(body: Body, checkUrl: CheckUrl, app: App) {
  const bounds = ['min_amount', 'max_amount'] as const;
  const both = body.amount === undefined ? [] : bounds.filter((name) => body[name] !== undefined);
  const isEmpty = body.min_amount !== undefined && body.max_amount !== undefined && body.min_amount > body.max_amount;
  return [
    ...both.map((param) => ({ param, code: 'invalid_choice' as const, detail: notWithAmount })),
    ...(isEmpty ? [{ param: 'max_amount', code: 'out_of_range' as const, detail: belowMin }] : []),
    ...(['notify_url', 'return_url'] as const).flatMap((param) => {
      const detail = body[param] === undefined ? null : checkUrl(param, body[param], app.livemode);
      return detail === null ? [] : [{ param, code: 'url_forbidden_field' as const, detail }];
    }),
  ];
}

const notWithAmount = {
  en: 'min_amount and max_amount are for links whose shopper types the amount: leave out amount, or these.',
  zh: 'min_amount 与 max_amount 仅用于由付款人输入金额的链接，不能与 amount 同时使用。',
};
const belowMin = { en: 'max_amount must not be below min_amount.', zh: 'max_amount 不得小于 min_amount。' };

function readLink(kernel: Kernel, body: Body): NewPaymentLink {
  return {
    subject: body.subject,
    amount: body.amount ?? null,
    minAmount: body.min_amount ?? null,
    maxAmount: body.max_amount ?? null,
    currency: body.currency,
    mostPayments: body.most_payments ?? null,
    notifyUrl: body.notify_url ?? null,
    returnUrl: body.return_url ?? null,
    metadata: body.metadata ?? {},
    expiresAt: body.expires_in === undefined ? null : kernel.clock.now().getTime() + body.expires_in * 1000,
  };
}

function listRoute(kernel: Kernel) {
  return defineRoute<None, typeof listQuery, App, ApiKey>({
    id: 'payment_links.list',
    method: 'GET',
    path: '/v1/payment_links',
    summary: 'List the payment links, newest first',
    tag: 'Payment links',
    scope: 'payments:read',
    query: listQuery,
    answers: { 200: listOf(linkView) },
    async handle({ app, query }) {
      const page = await readPageQuery(query, async (id) => (await ownLink(kernel, app, id)) !== null);
      if ('kind' in page) return page;
      const { rows, hasMore } = await listPaymentLinks(kernel.database, app.id, page);
      return answer(200, { object: 'list', data: rows.map((row) => viewLink(kernel, row)), has_more: hasMore });
    },
  });
}

function readRoute(kernel: Kernel) {
  return defineRoute<None, None, App, ApiKey>({
    id: 'payment_links.read',
    method: 'GET',
    path: '/v1/payment_links/:id',
    summary: 'Read a payment link',
    tag: 'Payment links',
    scope: 'payments:read',
    answers: { 200: linkView },
    async handle({ app, params }) {
      const link = await ownLink(kernel, app, params.id);
      return link === null ? refuse('not_found') : answer(200, viewLink(kernel, link));
    },
  });
}

function disableRoute(kernel: Kernel) {
  return defineRoute<None, None, App, ApiKey>({
    id: 'payment_links.disable',
    method: 'POST',
    path: '/v1/payment_links/:id/disable',
    summary: 'Let a payment link take no more payments',
    tag: 'Payment links',
    scope: 'payments:write',
    answers: { 200: linkView },
    async handle({ app, params }) {
      const link = await ownLink(kernel, app, params.id);
      return link === null ? refuse('not_found') : answer(200, viewLink(kernel, await disableLink(kernel, link)));
    },
  });
}

/** A link of another app does not exist for this one. */
async function ownLink(kernel: Kernel, app: App, id: string | undefined): Promise<PaymentLinkRow | null> {
  const link = await readPaymentLink(kernel.database, id ?? '');
  return link?.app_id === app.id ? link : null;
}

function viewLink(kernel: Kernel, link: PaymentLinkRow) {
  const address = linkUrl(kernel, link);
  return {
    id: link.id,
    object: 'payment_link' as const,
    url: address,
    qr_svg: drawQr(address),
    status: link.status,
    subject: link.subject,
    amount: link.amount,
    min_amount: link.min_amount,
    max_amount: link.max_amount,
    currency: link.currency,
    most_payments: link.most_payments,
    metadata: JSON.parse(link.metadata) as Record<string, string>,
    expires_at: link.expires_at === null ? null : time(link.expires_at),
    created_at: time(link.created_at),
  };
}
