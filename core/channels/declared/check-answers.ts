import type { Say } from './check.ts';
import type { Answer, Definition, Facts } from './schema.ts';
import type { Operation } from './values.ts';

const paymentStates = ['succeeded', 'pending', 'processing', 'closed', 'not_found', 'declined'];
const statesOf: Readonly<Record<Operation | 'callback.payment' | 'callback.refund', readonly string[]>> = {
  pay: paymentStates,
  query: paymentStates,
  close: ['closed', 'succeeded', 'not_found'],
  refund: ['succeeded', 'processing', 'abnormal', 'failed'],
  queryRefund: ['succeeded', 'processing', 'abnormal', 'failed', 'not_found'],
  'callback.payment': ['succeeded', 'pending', 'processing', 'closed', 'declined', 'changed', 'ignored'],
  'callback.refund': ['succeeded', 'processing', 'abnormal', 'failed', 'changed', 'ignored'],
};

interface Telling {
  readonly facts: Facts;
  readonly statuses?: Readonly<Record<string, string>> | undefined;
  readonly state?: string | undefined;
}

/** An answer must tell a state that it can prove. */
export function checkAnswer(definition: Definition, operation: Operation, answer: Answer, at: string, say: Say): void {
  const isInvitation = operation === 'pay' && answer.action !== undefined;
  if (Object.keys(answer.success).length === 0) say(`${at}.success`, 'must say how an answer shows that the request was carried out');
  if (isInvitation && (answer.statuses ?? answer.state) !== undefined)
    say(at, 'has an action, so it tells no state: leave out statuses and state');
  if (!isInvitation) checkTelling(statesOf[operation], answer, at, say);
  if (operation !== 'pay' && answer.action !== undefined) say(`${at}.action`, 'is for pay');
  if (answer.verify === 'tls') return;
  for (const { by } of answer.verify) checkVerifier(definition, by, `${at}.verify`, say);
  const uncovered = factPaths(answer.facts).filter(([, path]) => !isCovered(definition, answer, path));
  for (const [name, path] of uncovered) say(`${at}.facts.${name}`, `${path} is under no signature of verify: anybody could change it`);
}

function factPaths(facts: Facts): readonly (readonly [string, string])[] {
  const { number, paymentNumber, channelNo, sessionNo, merchantNo, amount, currency, status } = facts;
  const all = { number, paymentNumber, channelNo, sessionNo, merchantNo, amount, currency, status };
  return Object.entries(all).flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]));
}

/** Whether one of the signatures covers a path: the field itself, right where the signature stands. */
function isCovered(definition: Definition, { verify }: Pick<Answer, 'verify'>, path: string): boolean {
  if (verify === 'tls') return true;
  return verify.some(({ by, under }) => {
    const rule = definition.signatures[by];
    if (rule === undefined || rule.over === 'body') return true;
    const prefix = under === '' ? '' : `${under}.`;
    const leaf = path.startsWith(prefix) ? path.slice(prefix.length) : '';
    return leaf !== '' && !leaf.includes('.') && !rule.except.includes(leaf) && (rule.fields?.includes(leaf) ?? true);
  });
}

function checkVerifier({ signatures }: Definition, by: string, at: string, say: Say): void {
  const rule = signatures[by];
  if (rule === undefined) {
    say(at, `there is no signature ${by}; there are: ${[...Object.keys(signatures), 'tls'].join(', ')}`);
    return;
  }
  if (rule.key === undefined && rule.publicKey === undefined) say(at, `${by} has neither key nor publicKey to verify with`);
}

function checkTelling(allowed: readonly string[], telling: Telling, at: string, say: Say): void {
  const { facts, statuses, state } = telling;
  if ((statuses === undefined) === (state === undefined))
    say(at, 'must have statuses (a table) or state (always the same), one of the two');
  if (statuses !== undefined && facts.status === undefined) say(`${at}.facts.status`, 'is missing: statuses says what its values mean');
  if (statuses === undefined && facts.status !== undefined) say(`${at}.statuses`, `is missing: facts.status is read from ${facts.status}`);
  if (statuses !== undefined && Object.keys(statuses).length === 0) say(`${at}.statuses`, 'is empty: no status would ever be understood');
  for (const [said, word] of Object.entries(statuses ?? {})) {
    if (!allowed.includes(word)) say(`${at}.statuses.${said}`, `${word} is no state here; allowed: ${allowed.join(', ')}`);
  }
  if (state !== undefined && !allowed.includes(state)) say(`${at}.state`, `${state} is no state here; allowed: ${allowed.join(', ')}`);
  const succeeds = state === 'succeeded' || Object.values(statuses ?? {}).includes('succeeded');
  if (succeeds && allowed !== statesOf.close) checkSuccess(facts, allowed.includes('abnormal'), at, say);
}

/** Money is reported only with the vendor's own facts. */
function checkSuccess(facts: Facts, isRefund: boolean, at: string, say: Say): void {
  const number = isRefund && facts.number === undefined ? 'paymentNumber' : 'number';
  for (const name of [number, 'channelNo', 'amount'] as const) {
    if (facts[name] === undefined)
      say(
        `${at}.facts.${name}`,
        'is missing: a success is believed only with the number, the channelNo and the amount that the vendor states',
      );
  }
  if ((facts.currency === undefined) === (facts.constantCurrency === undefined))
    say(`${at}.facts`, 'must have currency (a path) or constantCurrency (a code), one of the two');
  if (facts.paidAt !== undefined && facts.paidAtFormat === undefined) say(`${at}.facts.paidAtFormat`, 'is missing: paidAt is read by it');
}

/** A callback without a signature tells nothing but that something may have changed. */
export function checkCallback(definition: Definition, say: Say): void {
  const { callback } = definition;
  const { facts, trust, verify } = callback;
  checkTelling(statesOf[`callback.${callback.of}`], callback, 'callback', say);
  if (facts.number === undefined && facts.channelNo === undefined)
    say('callback.facts', 'must have number or channelNo: otherwise it is about nothing');
  if (trust === 'signed' && verify === undefined) say('callback.verify', 'is missing: trust is signed');
  if (trust === 'unverified' && verify !== undefined)
    say('callback.trust', 'is unverified, and there is a signature to verify: say signed');
  if (trust === 'unverified' && callback.state !== 'changed')
    say('callback.state', 'must be changed: what is unverified proves nothing, so the vendor is asked');
  if (trust === 'unverified' && definition.query === undefined)
    say('callback.trust', 'is unverified, and there is no endpoint query to ask instead');
  if (verify === undefined) return;
  checkVerifier(definition, verify, 'callback.verify', say);
  const uncovered = factPaths(facts).filter(([, path]) => !isCovered(definition, { verify: [{ by: verify, under: '' }] }, path));
  for (const [name, path] of uncovered)
    say(`callback.facts.${name}`, `${path} is not under the signature ${verify}: anybody could change it`);
  if (definition.signatures[verify]?.over === 'body' && callback.methods.includes('GET'))
    say('callback.methods', `cannot hold GET: ${verify} is over the body`);
}

/** Somewhere a payment has to succeed, or every one would stay open for ever. */
export function checkStates({ query, callback }: Definition, say: Say): void {
  const words = [query?.answer, callback].flatMap((telling) => [telling?.state, ...Object.values(telling?.statuses ?? {})]);
  if (!words.includes('succeeded')) say('the file', 'has neither a query nor a callback whose state can be succeeded');
}
