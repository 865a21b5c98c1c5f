import { type ChannelName, honest, type Operation, type Twist } from './types.ts';

const beforeExecuting = ['refuse', 'drop_before_execute', 'rate_limited', 'decline'] as const;
const whileAnswering = ['hang', 'drop_after_execute', 'http_500'] as const;
const spoiling = ['bad_signature', 'wrong_amount', 'wrong_account', 'not_found_until_ms'] as const;
const ofCallbacks = ['duplicate', 'late', 'reorder', 'forged'] as const;
const behaviours = [...beforeExecuting, ...whileAnswering, ...spoiling, ...ofCallbacks] as const;
/** These mean nothing without a time, so they have one when none is given. */
const needsTime = ['late', 'reorder', 'not_found_until_ms'];
const operations: readonly Operation[] = ['pay', 'query', 'refund', 'close', 'callback', 'statement'];

export type Behaviour = (typeof behaviours)[number];

/** One rule of misbehaviour, as it was asked for. */
export interface Scenario {
  readonly id: number;
  readonly channel: ChannelName;
  readonly operation: Operation;
  readonly behaviour: Behaviour;
  readonly account: string | null;
  /** How often it still applies; null for ever. */
  left: number | null;
  readonly probability: number;
  readonly delayMs: number;
  /** The vendor's code of a decline. */
  readonly code: string | null;
  /** Whether the request is carried out although it is never answered, or answered with an error. */
  readonly execute: boolean;
  /** Whether the shopper pays at once although the merchant never hears that the order exists. */
  readonly charge: boolean;
  /** Numbers between 0 and 1, the same for the same seed. */
  readonly random: () => number;
}

export interface Scenarios {
  /** The first rule that applies now. It counts as used. */
  take(channel: ChannelName, operation: Operation, account: string | null): Scenario | null;
  add(scenario: Scenario): void;
  clear(): void;
  list(): readonly Scenario[];
  /** Whether new connections to the account's port are to be refused. */
  refuses(channel: ChannelName, account: string): boolean;
}

/** A small, well-mixed generator (mulberry32): a seed makes a fault run repeatable. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A port is closed for everyone until it is cleared: nobody can count who was refused. A refusal that is drawn cuts single requests instead. */
export const closesPort = (scenario: Scenario) =>
  scenario.behaviour === 'refuse' && scenario.probability === 1 && scenario.operation !== 'callback';

const wholeNumber = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;
const absentOr = (value: unknown, holds: (value: unknown) => boolean): boolean => value === undefined || holds(value);
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => typeof value === 'string' && value !== '';

/** Reads a request for a scenario; a text says what is wrong with it. */
export function readScenario(input: Readonly<Record<string, unknown>>, id: number, channels: readonly ChannelName[]): Scenario | string {
  const known = ['channel', 'operation', 'behaviour', 'account', 'count', 'probability', 'seed', 'delay_ms', 'code', 'execute', 'charge'];
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  if (unknown.length > 0) return `unknown field ${unknown.join(', ')}`;
  if (!channels.includes(input.channel as ChannelName)) return `channel must be one of ${channels.join(', ')}`;
  if (!operations.includes(input.operation as Operation)) return `operation must be one of ${operations.join(', ')}`;
  if (!behaviours.includes(input.behaviour as Behaviour)) return `behaviour must be one of ${behaviours.join(', ')}`;
  if (!absentOr(input.count, (value) => wholeNumber(value, 1))) return 'count must be a whole number above 0';
  if (!absentOr(input.seed, (value) => wholeNumber(value, 0))) return 'seed must be a whole number';
  if (!absentOr(input.delay_ms, (value) => wholeNumber(value, 0))) return 'delay_ms must be a whole number of milliseconds';
  const isShare = (value: unknown) => typeof value === 'number' && value > 0 && value <= 1;
  if (!absentOr(input.probability, isShare)) return 'probability must be above 0 and at most 1';
  if (!absentOr(input.account, isText) || !absentOr(input.code, isText)) return 'account and code must be text';
  if (!absentOr(input.execute, isBoolean) || !absentOr(input.charge, isBoolean)) return 'execute and charge must be true or false';
  return {
    id,
    channel: input.channel as ChannelName,
    operation: input.operation as Operation,
    behaviour: input.behaviour as Behaviour,
    account: (input.account as string | undefined) ?? null,
    left: (input.count as number | undefined) ?? null,
    probability: (input.probability as number | undefined) ?? 1,
    delayMs: (input.delay_ms as number | undefined) ?? (needsTime.includes(input.behaviour as string) ? 2000 : 0),
    code: (input.code as string | undefined) ?? null,
    execute: input.execute === true || input.charge === true || input.behaviour === 'drop_after_execute',
    charge: input.charge === true,
    random: seeded((input.seed as number | undefined) ?? 1),
  };
}

const concerns = (scenario: Scenario, channel: ChannelName, account: string | null) =>
  scenario.channel === channel && (scenario.account === null || scenario.account === account);

/** Holds the rules in force, in the order in which they were given. */
export function makeScenarios(): Scenarios {
  let rules: Scenario[] = [];
  return {
    take(channel, operation, account) {
      for (const rule of rules) {
        if (rule.operation !== operation || !concerns(rule, channel, account)) continue;
        if (rule.left === 0 || (rule.probability < 1 && rule.random() >= rule.probability)) continue;
        if (rule.left !== null) rule.left -= 1;
        return rule;
      }
      return null;
    },
    add: (scenario) => void rules.push(scenario),
    clear() {
      rules = [];
    },
    list: () => rules,
    refuses: (channel, account) => rules.some((rule) => closesPort(rule) && concerns(rule, channel, account)),
  };
}

/** How a scenario spoils what is said, if it does. */
export function twistOf(scenario: Scenario | null): Twist {
  if (scenario === null) return honest;
  return {
    badSignature: scenario.behaviour === 'bad_signature',
    wrongAmount: scenario.behaviour === 'wrong_amount',
    wrongAccount: scenario.behaviour === 'wrong_account',
    notFoundUntilMs: scenario.behaviour === 'not_found_until_ms' ? scenario.delayMs : 0,
  };
}
