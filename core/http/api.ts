import type { Directory } from '../access/directory.ts';
import type { Vault } from '../access/vault.ts';
import type { Origin } from '../channels/packages.ts';
import type { Config } from '../config.ts';
import type { EventType } from '../notifications/event-types.ts';
import type { Kernel } from '../payments/deps.ts';
import type { AnyRoute } from './route.ts';
import { callbackRoutes } from './routes/callbacks.ts';
import { channelRoutes } from './routes/channels.ts';
import { discrepancyRoutes } from './routes/discrepancies.ts';
import { documentRoutes } from './routes/documents.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { eventRoutes } from './routes/events.ts';
import { methodRoutes } from './routes/methods.ts';
import { pageRoutes } from './routes/pages.ts';
import { paymentLinkRoutes } from './routes/payment-links.ts';
import { paymentRoutes } from './routes/payments.ts';
import type { CheckUrl } from './routes/read-payment.ts';
import { reconciliationView } from './routes/reconciliation-schemas.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { refundRoutes } from './routes/refunds.ts';
import { paymentView, refundView } from './routes/schemas.ts';

export interface ApiDeps {
  readonly config: Pick<Config, 'reconciliation'>;
  readonly kernel: Kernel;
  /** Where each channel comes from. */
  readonly origins: ReadonlyMap<string, Origin>;
  readonly directory: Directory;
  readonly vault: Vault;
  readonly checkUrl: CheckUrl;
}

/** Every route of the public API, in the order of the documentation. */
export function apiRoutes({ config, kernel, origins, directory, vault, checkUrl }: ApiDeps): readonly AnyRoute[] {
  return [
    ...paymentRoutes(kernel, checkUrl),
    ...refundRoutes(kernel),
    ...paymentLinkRoutes(kernel, checkUrl),
    ...methodRoutes(kernel),
    ...channelRoutes(kernel, origins),
    ...reconciliationRoutes(kernel),
    ...documentRoutes({ kernel, vault }, () => config.reconciliation.documentBytes),
    ...discrepancyRoutes(kernel, () => config.reconciliation.writeOffAlone),
    ...eventRoutes(kernel),
    ...endpointRoutes({ database: kernel.database, vault, now: () => kernel.clock.now() }, directory, checkUrl),
    ...callbackRoutes(kernel),
    ...pageRoutes(),
  ];
}

/** What `data.object` of each notification is. */
export const notificationObjects = {
  'payment.created': paymentView,
  'payment.processing': paymentView,
  'payment.succeeded': paymentView,
  'payment.failed': paymentView,
  'payment.closed': paymentView,
  'payment.exception': paymentView,
  'refund.created': refundView,
  'refund.processing': refundView,
  'refund.succeeded': refundView,
  'refund.failed': refundView,
  'refund.exception': refundView,
  'reconciliation.done': reconciliationView,
  'reconciliation.refused': reconciliationView,
} as const satisfies Record<EventType, unknown>;
