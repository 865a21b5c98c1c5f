import { z } from 'zod';
import type { AdminDeps } from '../../access/admin/change.ts';
import { createEndpoint, deleteEndpoint } from '../../access/admin/endpoints.ts';
import type { ApiKey, App, Directory, Endpoint } from '../../access/directory.ts';
import { refuse } from '../../errors.ts';
import { eventTypes } from '../../notifications/event-types.ts';
import { answer, defineRoute } from '../route.ts';
import { type Page, readPageQuery } from './read-page.ts';
import type { CheckUrl } from './read-payment.ts';
import { endpointView, listOf, pageQuery } from './schemas.ts';

const newEndpointBody = z.strictObject({
  url: z.string().min(1).max(1000),
  types: z.array(z.enum(eventTypes)).max(eventTypes.length).optional(),
});
const listQuery = z.strictObject(pageQuery);

/** `/v1/notification_endpoints`. */
export function endpointRoutes(admin: AdminDeps, directory: Directory, checkUrl: CheckUrl) {
  return [createRoute(admin, directory, checkUrl), listRoute(directory), deleteRoute(admin, directory)];
}

function createRoute(admin: AdminDeps, directory: Directory, checkUrl: CheckUrl) {
  return defineRoute<typeof newEndpointBody, z.ZodType<Record<string, never>>, App, ApiKey>({
    id: 'notification_endpoints.create',
    method: 'POST',
    path: '/v1/notification_endpoints',
    summary: 'Create a notification endpoint; its secret is answered here and never again',
    tag: 'Notification endpoints',
    scope: 'endpoints:write',
    body: newEndpointBody,
    answers: { 201: endpointView },
    async handle({ app, body }) {
      const detail = checkUrl('url', body.url, app.livemode);
      if (detail !== null)
        return refuse('url_forbidden', { param: 'url', detail, errors: [{ param: 'url', code: 'url_forbidden_field', detail }] });
      const types = body.types ?? [];
      const made = await createEndpoint(admin, { appId: app.id, url: body.url, types });
      if (made.kind === 'faults')
        return refuse('invalid_request', { param: 'url', detail: { en: made.faults.join('; '), zh: made.faults.join('; ') } });
      await directory.refresh();
      return answer(201, { ...viewEndpoint({ id: made.id, url: body.url, types, status: 'enabled' }), secret: made.secret });
    },
  });
}

function listRoute(directory: Directory) {
  return defineRoute<z.ZodType<Record<string, never>>, typeof listQuery, App, ApiKey>({
    id: 'notification_endpoints.list',
    method: 'GET',
    path: '/v1/notification_endpoints',
    summary: 'List the notification endpoints',
    tag: 'Notification endpoints',
    scope: 'endpoints:write',
    query: listQuery,
    answers: { 200: listOf(endpointView) },
    async handle({ app, query }) {
      const all = directory.endpointsOf(app.id).toSorted((a, b) => (a.id < b.id ? 1 : -1));
      const page = await readPageQuery(query, async (id) => all.some((one) => one.id === id));
      if ('kind' in page) return page;
      const { data, hasMore } = pageOf(all, page);
      return answer(200, { object: 'list', data: data.map(viewEndpoint), has_more: hasMore });
    },
  });
}

function deleteRoute(admin: AdminDeps, directory: Directory) {
  return defineRoute<z.ZodType<Record<string, never>>, z.ZodType<Record<string, never>>, App, ApiKey>({
    id: 'notification_endpoints.delete',
    method: 'DELETE',
    path: '/v1/notification_endpoints/:id',
    summary: 'Delete a notification endpoint',
    tag: 'Notification endpoints',
    scope: 'endpoints:write',
    answers: { 200: endpointView },
    async handle({ app, params }) {
      const endpoint = directory.endpointsOf(app.id).find((one) => one.id === params.id);
      if (endpoint === undefined) return refuse('not_found');
      await deleteEndpoint(admin, { id: endpoint.id });
      await directory.refresh();
      return answer(200, { ...viewEndpoint(endpoint), status: 'deleted' });
    },
  });
}

/** Newest first, as every list; an app has few, and they are in memory. */
function pageOf<T extends { readonly id: string }>(all: readonly T[], { limit, startingAfter, endingBefore }: Page) {
  const before = endingBefore === undefined ? all : all.filter(({ id }) => id > endingBefore);
  const rest = startingAfter === undefined ? before : all.filter(({ id }) => id < startingAfter);
  const data = endingBefore === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  return { data, hasMore: rest.length > limit };
}

function viewEndpoint({ id, url, types, status }: Pick<Endpoint, 'id' | 'url' | 'types' | 'status'>) {
  return { id, object: 'notification_endpoint' as const, url, types, status };
}
