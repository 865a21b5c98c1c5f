import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import type { Resolve } from './address.ts';

export interface NameSources {
  /** Asks the name servers, with a time limit, on no thread. Empty where they know nothing. */
  ask(hostname: string): Promise<readonly LookupAddress[]>;
  /** The system's own look-up: `/etc/hosts`, search domains. It occupies a thread for as long as it takes. */
  lookUp(hostname: string): Promise<readonly LookupAddress[]>;
}

/** Node has four threads for look-ups and files. Names that merchants choose may hang, and get no more than this. */
const lookUpsAtOnce = 2;

/**
 * Asks the name servers first, and the system only for names that they do not know. With the
 * system's look-up alone, four merchants whose name servers hang would stop the look-ups of
 * everything else in the process, calls to channels included.
 */
export function createResolve({ ask, lookUp }: NameSources): Resolve {
  const waiting: (() => void)[] = [];
  let running = 0;
  const inTurn = async (hostname: string) => {
    if (running >= lookUpsAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await lookUp(hostname);
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return async (hostname) => {
    const known = isLocal(hostname) ? [] : await ask(hostname);
    return known.length > 0 ? known : inTurn(hostname);
  };
}

/** The machine's name servers and files. */
export const resolveByMachine: Resolve = createResolve({
  ask: askNameServers,
  lookUp: (hostname) => lookup(hostname, { all: true, order: 'verbatim' }),
});

async function askNameServers(hostname: string): Promise<readonly LookupAddress[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const ask = async (family: 4 | 6): Promise<readonly LookupAddress[]> => {
    const addresses = await (family === 4 ? resolver.resolve4(hostname) : resolver.resolve6(hostname)).catch(() => []);
    return addresses.map((address) => ({ address, family }));
  };
  return (await Promise.all([ask(4), ask(6)])).flat();
}

/** Never a question for a name server (RFC 6761, 6.3). */
function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}
