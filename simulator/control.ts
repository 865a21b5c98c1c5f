import { jsonAnswer } from './answers.ts';
import type { Callbacks } from './callbacks.ts';
import type { GatewayDeps } from './gateway.ts';
import type { Credentials } from './registry.ts';
import { closesPort, readScenario, type Scenario } from './scenario.ts';
import { failPayment, findTarget, payOrder, readTarget } from './shopper.ts';
import type { Answer, VendorModule, Wire } from './types.ts';

export interface ControlDeps extends GatewayDeps {
  readonly callbacks: Callbacks;
  readonly credentials: Credentials;
  /** Opens and closes the accounts' ports as the scenarios ask. */
  readonly syncPorts: () => Promise<void>;
}

type Input = Readonly<Record<string, unknown>>;
type Handler = (deps: ControlDeps, input: Input, query: URLSearchParams) => Promise<Answer> | Answer;

const fault = (error: string): Answer => jsonAnswer(400, { error });

/** Pairs in which nothing can be seen of the behaviour: there is no amount or account in what is said. */
function isEffective({ operation, behaviour }: Scenario, { shows }: Pick<VendorModule<unknown>, 'shows'>): boolean {
  const ofCallback = ['duplicate', 'reorder', 'forged'].includes(behaviour);
  if (operation === 'callback') return ofCallback || !['http_500', 'rate_limited', 'decline', 'not_found_until_ms'].includes(behaviour);
  if (ofCallback) return false;
  if (operation === 'statement')
    return !['bad_signature', 'wrong_account', 'wrong_amount', 'not_found_until_ms', 'decline'].includes(behaviour);
  if (behaviour === 'bad_signature' || behaviour === 'wrong_account' || behaviour === 'wrong_amount')
    return shows[behaviour].includes(operation);
  return behaviour !== 'not_found_until_ms' || operation === 'query';
}

async function addScenario(deps: ControlDeps, input: Input): Promise<Answer> {
  const scenario = readScenario(input, deps.scenarios.list().length + 1, [...deps.modules.keys()]);
  if (typeof scenario === 'string') return fault(scenario);
  const module = deps.modules.get(scenario.channel);
  deps.scenarios.add(scenario);
  if (closesPort(scenario)) await deps.syncPorts();
  return jsonAnswer(200, { id: scenario.id, effective: module !== undefined && isEffective(scenario, module) });
}

async function pay(deps: ControlDeps, input: Input): Promise<Answer> {
  const target = readTarget(input);
  if (target === null) return fault('target must be text, or an address with fields');
  const order = await findTarget(deps, target);
  if (order === null) return jsonAnswer(404, { paid: false, reason: 'not_found' });
  const { channel, number } = order;
  const paid = input.outcome === 'fail' ? await failPayment(deps, order) : await payOrder(deps, order);
  return jsonAnswer('reason' in paid ? 409 : 200, { ...paid, channel, number });
}

async function forge(deps: ControlDeps, input: Input): Promise<Answer> {
  const target = readTarget(input);
  const order = target === null ? null : await findTarget(deps, target);
  return order === null ? jsonAnswer(404, { sent: false }) : jsonAnswer(200, { sent: await deps.callbacks.forge(order) });
}

function registerCallbacks({ store, credentials, modules }: ControlDeps, input: Input): Answer {
  const { channel, account, url } = input;
  if (typeof channel !== 'string' || !modules.get(channel)?.registersCallbacks)
    return fault('this channel sends no callbacks to a registered address');
  if (!credentials[channel]?.some(({ id }) => id === account)) return fault('no such account');
  if (typeof url !== 'string' || !/^https?:\/\/\S+$/.test(url)) return fault('url must be an http or https address');
  store.saveSetting(`callbacks/${channel}/${account}`, url);
  return jsonAnswer(200, { channel, account, url });
}

function setAutopay({ autopay }: ControlDeps, input: Input): Answer {
  const delayMs = input.delay_ms ?? 0;
  if (typeof input.enabled !== 'boolean') return fault('enabled must be true or false');
  if (!Number.isSafeInteger(delayMs) || (delayMs as number) < 0) return fault('delay_ms must be a whole number of milliseconds');
  autopay.enabled = input.enabled;
  autopay.delayMs = delayMs as number;
  return jsonAnswer(200, { enabled: autopay.enabled, delay_ms: autopay.delayMs });
}

function readTruth({ store }: ControlDeps, query: URLSearchParams): Answer {
  const since = query.get('since') ?? '0';
  if (!/^\d{1,15}$/.test(since)) return fault('since must be a number');
  // Entry n has seq n, so this is the tail after `since`.
  return jsonAnswer(200, { entries: store.truth.slice(Number(since)) });
}

const handlers: Readonly<Record<string, Handler>> = {
  'GET /_accounts': ({ credentials }) => jsonAnswer(200, credentials),
  'GET /_truth': (deps, _, query) => readTruth(deps, query),
  'GET /_health': () => jsonAnswer(200, { ok: true }),
  'POST /_pay': pay,
  'POST /_forge': forge,
  'GET /_scenario': ({ scenarios }) => jsonAnswer(200, { scenarios: scenarios.list() }),
  'POST /_scenario': addScenario,
  'DELETE /_scenario': async (deps) => {
    deps.scenarios.clear();
    await deps.syncPorts();
    return jsonAnswer(200, { cleared: true });
  },
  'POST /_callbacks': registerCallbacks,
  'POST /_autopay': setAutopay,
  'POST /_notify_again': async ({ callbacks }, { number }) => {
    const sent = typeof number === 'string' && (await callbacks.repeat(number));
    return jsonAnswer(sent ? 200 : 404, { sent });
  },
};

function readInput(body: Buffer): Input | null {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Input) : null;
  } catch {
    return null;
  }
}

/** What is done to the simulator itself, under paths that begin with `/_`. */
export async function serveControl(deps: ControlDeps, wire: Wire): Promise<Answer> {
  const handler = handlers[`${wire.method} ${wire.path}`];
  if (handler === undefined) return jsonAnswer(404, { error: 'no such control' });
  const input = readInput(wire.body);
  return input === null ? fault('the body must be a JSON object') : handler(deps, input, new URLSearchParams(wire.query));
}
