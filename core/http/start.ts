import { authenticate } from '../access/authenticate.ts';
import type { App, Directory } from '../access/directory.ts';
import type { RateLimit } from '../access/rate-limit.ts';
import type { Vault } from '../access/vault.ts';
import type { Origin } from '../channels/packages.ts';
import type { Config } from '../config.ts';
import { refuse } from '../errors.ts';
import { makeId } from '../ids.ts';
import { checkUrl, readUrl } from '../notifications/address.ts';
import { toBlockList } from '../notifications/networks.ts';
import type { Kernel } from '../payments/deps.ts';
import { apiRoutes, notificationObjects } from './api.ts';
import { checkoutRoutes } from './checkout/routes.ts';
import { docsPage, errorsPage } from './docs-page.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { buildOpenApi } from './openapi.ts';
import { documentRoute, healthRoutes, metricsRoute, type Readiness } from './operations.ts';
import type { AnyRoute } from './route.ts';
import type { CheckUrl } from './routes/read-payment.ts';
import { type AppDeps, defaultLimits, type RunningServer, startServer } from './server.ts';

export interface HttpDeps {
  readonly config: Config;
  readonly kernel: Kernel;
  readonly origins: ReadonlyMap<string, Origin>;
  readonly directory: Directory;
  readonly vault: Vault;
  readonly idempotency: IdempotencyStore;
  readonly rateLimit: RateLimit;
  readonly ready: () => Promise<Readiness>;
  readonly version: string;
}

export interface RunningHttp {
  readonly main: RunningServer;
  /** The private port of the metrics, where one is configured. */
  readonly metrics: RunningServer | null;
  stop(graceMs: number): Promise<void>;
}

/** Opens the ports: the API with its documents, and the metrics where they are wanted. */
export async function startHttp(deps: HttpDeps): Promise<RunningHttp> {
  const { config } = deps;
  const appDeps = makeAppDeps(deps);
  const { bodyBytes, headersTimeoutMs, requestTimeoutMs, maxConnections } = config.http;
  // A request that waits for its channel is no stalled one.
  const stalledTimeoutMs = defaultLimits.stalledTimeoutMs + Math.max(config.channels.timeoutMs, config.channels.payDeadlineMs);
  const limits = { bodyBytes, headersTimeoutMs, requestTimeoutMs, stalledTimeoutMs, maxConnections };
  const main = await startServer({ routes: allRoutes(deps), deps: appDeps, port: config.port, host: config.host, limits });
  const metrics =
    config.metrics.port === null
      ? null
      : await startServer({
          routes: [metricsRoute(deps.kernel.metrics, config.metrics.token)],
          deps: appDeps,
          port: config.metrics.port,
          host: config.host,
        });
  return {
    main,
    metrics,
    async stop(graceMs) {
      await Promise.all([main.stop(graceMs), metrics?.stop(graceMs)]);
    },
  };
}

function allRoutes(deps: HttpDeps): readonly AnyRoute[] {
  const { config, kernel } = deps;
  // Without a token the metrics answer only on a port of their own.
  const metrics = config.metrics.token === null ? [] : [metricsRoute(kernel.metrics, config.metrics.token)];
  const served = config.roles.includes('api') ? apiAndDocuments(deps) : healthRoutes(deps.ready);
  return [...served, ...metrics];
}

function apiAndDocuments(deps: HttpDeps): readonly AnyRoute[] {
  const { config, version } = deps;
  const api = [...apiRoutes({ ...deps, checkUrl: makeCheckUrl(config.notifications.allowNetworks) }), ...healthRoutes(deps.ready)];
  const document = buildOpenApi(api, { version, serverUrl: config.publicUrl, notifications: notificationObjects });
  const json = { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(document) };
  return [
    ...api,
    documentRoute('openapi', '/openapi.json', 'The API as OpenAPI 3.1', json),
    documentRoute('docs', '/docs', 'The API for people', docsPage(document)),
    documentRoute('errors', '/docs/errors', 'Every error code for people', errorsPage()),
    ...checkoutRoutes({ ...deps, trustedProxies: toBlockList(config.http.trustProxies) }),
  ];
}

function makeAppDeps({ config, kernel, directory, idempotency, rateLimit }: HttpDeps): AppDeps {
  const { clock, database, log, metrics } = kernel;
  return {
    errorsUrl: `${config.publicUrl}/docs/errors`,
    newRequestId: () => makeId('req_', clock.now()),
    idempotency,
    limitRate: ({ app }) => {
      const limited = rateLimit(app as App);
      return limited === null ? null : refuse('rate_limited', { retryAfterSec: limited.retryAfterSec });
    },
    async authenticate(request) {
      const result = await authenticate({ directory, database, now: () => clock.now() }, request);
      return result.kind === 'refused' ? refuse(result.code) : result;
    },
    onAnswered({ durationMs, ...entry }) {
      metrics.httpRequest({ route: entry.route, method: entry.method, code: entry.status }, durationMs / 1000);
      log.info('answered', { ...entry, duration_ms: Math.round(durationMs) });
    },
    onError: (error, requestId) => log.error('a request failed', { error, request_id: requestId }),
  };
}

/**
 * Notifications are refused here by the rule that also holds when they are sent, so that a merchant
 * learns at once of an address that would never be called. Where a name leads is not looked at yet.
 */
function makeCheckUrl(allowNetworks: readonly string[]): CheckUrl {
  const allowed = toBlockList(allowNetworks);
  return (param, url, livemode) => {
    const mode = livemode ? 'live' : 'test';
    const isCalled = param !== 'return_url';
    const checked = isCalled ? checkUrl(url, { mode, allowed }) : readUrl(url, mode);
    if (checked.kind === 'ok') return null;
    return { en: `${param} ${checked.reason.en}.`, zh: `${param} ${checked.reason.zh}。` };
  };
}
