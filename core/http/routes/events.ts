import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import type { Kernel } from '../../payments/deps.ts';
import { type EventRow, listEvents, numberEvents, readEvent } from '../../store/tables/events.ts';
import { answer, defineRoute } from '../route.ts';
import { refuseUnknownCursor } from './read-page.ts';
import { eventView, listEventsQuery, listOf } from './schemas.ts';

/** `/v1/events`: the feed to catch up from, oldest first. */
export function eventRoutes(kernel: Kernel) {
  return [
    defineRoute<z.ZodType<Record<string, never>>, typeof listEventsQuery, App, ApiKey>({
      id: 'events.list',
      method: 'GET',
      path: '/v1/events',
      summary: 'List events after a known one, oldest first',
      tag: 'Events',
      scope: 'events:read',
      query: listEventsQuery,
      answers: { 200: listOf(eventView) },
      async handle({ app, query }) {
        const { database } = kernel;
        let isMoreLeft = await numberEvents(database, app.id);
        let after = query.after === undefined ? null : await readEvent(database, app.id, query.after);
        // Answered by an empty page, a cursor from before a restore would let its consumer sleep through every later event.
        if (query.after !== undefined && after === null) return refuseUnknownCursor('after');
        while (after?.position === null) {
          isMoreLeft = await numberEvents(database, app.id);
          after = await readEvent(database, app.id, after.id);
        }
        const { rows, hasMore } = await listEvents(database, { appId: app.id, after: after?.position ?? 0, limit: query.limit ?? 20 });
        return answer(200, { object: 'list', data: rows.map(viewEvent), has_more: hasMore || isMoreLeft });
      },
    }),
  ];
}

function viewEvent(row: EventRow) {
  return {
    id: row.id,
    object: 'event' as const,
    type: row.type,
    created_at: new Date(row.created_at).toISOString(),
    sequence: row.sequence,
    data: { object: JSON.parse(row.data) as Record<string, unknown> },
  };
}
