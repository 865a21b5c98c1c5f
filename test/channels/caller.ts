import type { Agent } from 'undici';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import { type Caller, createCaller } from '../../core/channels/call.ts';
import { createWireAgent } from '../../core/channels/wire-agents.ts';
import { systemClock } from '../../core/clock.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';
import { createLog } from '../../core/log.ts';
import { createMetrics } from '../../core/metrics.ts';
import { makePlugin, openAccount, type RecordChanges } from './kit.ts';

export interface TestCaller extends Caller {
  readonly agent: Agent;
  /** Everything that was logged, as it was written. */
  logText(): string;
  /** The sample of a metric whose labels hold all of these; undefined where there is none. */
  metric(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined>;
  stop(): Promise<void>;
}

export interface CallerOptions {
  readonly timeoutMs?: number;
  readonly resetTimeoutMs?: number;
  readonly volumeThreshold?: number;
  readonly quarantineAfterBugs?: number;
}

/** The kernel's caller on a real agent, with its log and metrics in the test's hands. */
export function openCaller({
  timeoutMs = 5000,
  resetTimeoutMs = 3_600_000,
  volumeThreshold = 4,
  quarantineAfterBugs = 10,
}: CallerOptions = {}): TestCaller {
  const agent = createWireAgent(1000);
  const metrics = createMetrics({ version: '1' });
  const lines: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
  const breaker = { volumeThreshold, errorThresholdPercentage: 50, resetTimeoutMs };
  const caller = createCaller({ agent, clock: systemClock, log, metrics, breaker, timeoutMs, quarantineAfterBugs });
  return {
    ...caller,
    agent,
    logText: () => lines.join(''),
    metric: async (name, labels) => findSample(await metrics.text(), name, labels),
    async stop() {
      await caller.shutdown();
      metrics.close();
      await agent.destroy();
    },
  };
}

export function makeAccount(changes: RecordChanges = {}, manifest: Partial<ChannelManifest> = {}): OpenAccount {
  return openAccount(makePlugin(manifest), changes);
}

function findSample(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && wanted.every((part) => one.includes(part)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}
