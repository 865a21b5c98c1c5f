import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ChannelName } from './types.ts';

const host = '127.0.0.1';

/** A listening address that can be closed, so that connections are refused, and opened again as the same. */
export interface Port {
  readonly number: number;
  open(): Promise<void>;
  /** Ends connections too: a kept-alive one would go on being served. */
  close(): Promise<void>;
}

function listen(server: Server, number: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(number, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Listens on the first of the wished ports that is free; 0 takes any. */
export async function openPort(wished: readonly number[], handler: RequestListener): Promise<Port> {
  // Longer than any client keeps an idle connection: the server's own hang-up would look like a fault.
  const server = createServer({ keepAliveTimeout: 120_000 }, handler);
  const [first = 0, ...others] = wished;
  const number = await listen(server, first).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || others.length === 0) throw error;
    return null;
  });
  if (number === null) return openPort(others, handler);
  return {
    number,
    async open() {
      if (!server.listening) await listen(server, number);
    },
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The ports of the last run: merchants have their addresses written in their configuration. */
interface KeptPorts {
  readonly main: number;
  readonly accounts: Readonly<Record<string, number>>;
}

function readKept(path: string): KeptPorts | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

export interface Ports {
  readonly main: Port;
  readonly of: (channel: ChannelName, id: string) => Port | undefined;
  readonly all: readonly Port[];
}

/** Two vendors may have the same name for an account. */
export interface AccountName {
  readonly channel: ChannelName;
  readonly id: string;
}

const keyOf = ({ channel, id }: AccountName) => `${channel}/${id}`;

/** Data directories of before the vendors had folders name the account alone. */
const portOf = (kept: KeptPorts['accounts'], name: AccountName): number | undefined => kept[keyOf(name)] ?? kept[name.id];

/** Opens the main port and one for each account: the ports after the main one, or those of the last run. */
export async function openPorts(dataDir: string, asked: number, names: readonly AccountName[], handler: RequestListener): Promise<Ports> {
  const path = join(dataDir, 'ports.json');
  const kept = readKept(path);
  const main = await openPort([asked], handler);
  const again = kept !== null && (asked === 0 || asked === kept.main) ? kept.accounts : {};
  // Kept ports first: an account that is new must not take the port of one that is not.
  const isKept = ({ channel, id }: AccountName) => portOf(again, { channel, id }) !== undefined;
  const inOrder = [...names.filter(isKept), ...names.filter((name) => !isKept(name))];
  const accounts = new Map<string, Port>();
  for (const [index, name] of inOrder.entries()) {
    const wished = [portOf(again, name) ?? (asked === 0 ? 0 : main.number + 1 + index), 0];
    accounts.set(keyOf(name), await openPort(wished, handler));
  }
  const numbers = Object.fromEntries([...accounts].map(([key, { number }]) => [key, number]));
  writeFileSync(path, JSON.stringify({ main: main.number, accounts: numbers }));
  return { main, of: (channel, id) => accounts.get(keyOf({ channel, id })), all: [...accounts.values()] };
}
