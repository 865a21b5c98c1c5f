import type { Migration } from './migration.ts';

/**
 * Attempts learn what the vendor calls the thing that was opened, and when their money was first asked for.
 * Events get a position, given after their commit, because their ids are made before it.
 */
export const sessionsAndFeed: Migration = {
  name: '0002-sessions-and-feed',
  async up(context) {
    await context.addColumns('attempts', { session_no: 'key?', capture_at: 'int?' });
    await context.addIndex('attempts_session_no', 'attempts', ['account_id', 'session_no']);
    await context.createTable('feeds', { columns: { id: 'id', position: 'int=0' }, primary: ['id'] });
    await context.addColumns('events', { position: 'int?' });
    await context.addIndex('events_position', 'events', ['app_id', 'position', 'id']);
    await context.dropIndex('events_feed', 'events');
  },
};
