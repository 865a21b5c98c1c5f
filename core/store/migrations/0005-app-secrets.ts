import type { Migration } from './migration.ts';

/** The secret that an app's notifications were signed with before, while it signs beside the new one. */
export const appSecrets: Migration = {
  name: '0005-app-secrets',
  async up(context) {
    await context.addColumns('apps', { old_secret: 'long?', old_secret_until: 'int?' });
  },
};
