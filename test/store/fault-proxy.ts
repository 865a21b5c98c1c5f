import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What to do with a statement on its way to the server. */
export type Fault =
  /** Neither side hears from the other again, and the server has not got the statement. */
  | { readonly do: 'cutBefore' }
  /** The server runs the statement; its answer is lost with the connection. */
  | { readonly do: 'cutAfter' }
  /** The client loses the connection at once, and the server gets the statement later. */
  | { readonly do: 'cutThenDeliver'; readonly delayMs: number }
  /** The server gets nothing; the client is given this error. */
  | { readonly do: 'answer'; readonly errno: number };

/** Decides about one statement, by its text. `execute` stands for one that was prepared earlier. */
export type Decide = (statement: string) => Fault | null;

export interface FaultProxy {
  readonly port: number;
  /** Every statement that clients sent, in order. */
  readonly seen: string[];
  set(decide: Decide): void;
  /** Refuses new connections from now on, and cuts what is open. */
  refuse(): void;
  close(): Promise<void>;
}

const comQuery = 3;
const comExecute = 23;

/** Stands between a client and a MySQL server and loses, delays or invents answers, by statement. */
export async function startFaultProxy(serverPort: number): Promise<FaultProxy> {
  let decide: Decide = () => null;
  const seen: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    }
    upstream.on('data', (data) => client.write(data));
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.end());
    forwardPackets(client, upstream, (statement) => {
      seen.push(statement);
      return decide(statement);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    set(next) {
      decide = next;
    },
    refuse() {
      server.close();
      cutAll();
    },
    async close() {
      if (server.listening) server.close();
      cutAll();
    },
  };
}

function forwardPackets(client: Socket, upstream: Socket, decide: Decide): void {
  let rest = Buffer.alloc(0);
  client.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUIntLE(0, 3)) {
      const packet = rest.subarray(0, 4 + rest.readUIntLE(0, 3));
      rest = rest.subarray(packet.length);
      const fault = isStatement(packet) ? decide(textOf(packet)) : null;
      if (fault === null) upstream.write(packet);
      else commit(fault, packet, client, upstream);
    }
  });
}

function isStatement(packet: Buffer): boolean {
  return packet[3] === 0 && (packet[4] === comQuery || packet[4] === comExecute);
}

function textOf(packet: Buffer): string {
  return packet[4] === comExecute ? 'execute' : packet.subarray(5).toString();
}

function commit(fault: Fault, packet: Buffer, client: Socket, upstream: Socket): void {
  if (fault.do === 'answer') {
    client.write(errorPacket(fault.errno));
    return;
  }
  upstream.removeAllListeners('data');
  if (fault.do === 'cutBefore') {
    client.destroy();
    upstream.destroy();
  } else if (fault.do === 'cutAfter') {
    upstream.once('data', () => client.destroy());
    upstream.write(packet);
  } else {
    // The server must not notice the client's end before it got the statement.
    client.removeAllListeners('close');
    client.destroy();
    setTimeout(() => upstream.end(packet), fault.delayMs);
  }
}

/** An ERR packet in answer to a statement, which had the number 0. */
function errorPacket(errno: number): Buffer {
  const body = Buffer.concat([Buffer.from([0xff, errno & 255, errno >> 8]), Buffer.from('#HY000injected')]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 1]), body]);
}
