import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import type { WireRequest } from '../contract/kit.ts';

type Tls = NonNullable<WireRequest['tls']>;

/** The connections to all vendors. One agent, so that idle connections are reused and can be closed at the end. */
export function createWireAgent(connectTimeoutMs: number): Agent {
  return makeAgent({ timeout: connectTimeoutMs });
}

function makeAgent(connect: NonNullable<Agent.Options['connect']>): Agent {
  return new Agent({ connect, keepAliveTimeout: 20_000, connections: 256 });
}

/** The agent for each request: the common one, or one that shows a certificate or trusts another authority. */
export interface WireAgents {
  /** Throws for PEM texts that OpenSSL cannot use. */
  pick(tls: Tls | undefined): Dispatcher;
  /** Ends the agents that were made here. The common one belongs to whoever made it. */
  close(): Promise<void>;
}

/**
 * One agent for each distinct certificate: a connection proves who we are when it is opened, so one that was opened
 * as one merchant must never carry another's request.
 */
export function createWireAgents(common: Dispatcher, connectTimeoutMs: number): WireAgents {
  const agents = new Map<string, Agent>();
  return {
    pick(tls) {
      if (tls === undefined) return common;
      const name = nameOf(tls);
      const known = agents.get(name);
      if (known !== undefined) return known;
      const made = makeAgent({ timeout: connectTimeoutMs, secureContext: createSecureContext(tls) });
      agents.set(name, made);
      return made;
    },
    async close() {
      const ending = [...agents.values()];
      agents.clear();
      await Promise.all(ending.map((agent) => agent.close()));
    },
  };
}

/** A digest, so that no private key is kept once more as a text. */
function nameOf({ cert = '', key = '', ca = '' }: Tls): string {
  return createHash('sha256')
    .update(JSON.stringify([cert, key, ca]))
    .digest('base64');
}
