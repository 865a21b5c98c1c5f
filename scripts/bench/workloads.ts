import { benchCallback } from './callback.ts';
import { benchExport } from './export.ts';
import { benchNotifications } from './notifications.ts';
import { benchOutage } from './outage.ts';
import { benchReconcile } from './reconcile.ts';
import { benchRefund } from './refund.ts';
import type { Report } from './report.ts';
import type { Given } from './serve.ts';

/** Workloads that answer with a report: what `--json` writes and `--compare` reads. */
export const workloads: Readonly<Record<string, (given: Given) => Promise<Report>>> = {
  callback: benchCallback,
  export: benchExport,
  notifications: benchNotifications,
  outage: benchOutage,
  reconcile: benchReconcile,
  refund: benchRefund,
};
