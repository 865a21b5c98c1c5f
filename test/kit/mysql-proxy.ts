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
  /** The server gets nothing; the client is given this error. What the transaction did before stays, as MariaDB does with 1205. */
  | { readonly do: 'answer'; readonly errno: number }
  /** The server gets it later. */
  | { readonly do: 'delay'; readonly delayMs: number }
  /** The server gets nothing and the connection stands, until {@link MysqlProxy.release} or {@link MysqlProxy.cut}. */
  | { readonly do: 'stall' };

/** A statement that a client sent: a query as text, or one that was prepared, by the text that it was prepared from. */
export interface Statement {
  readonly sql: string;
  readonly prepared: boolean;
}

export type Decide = (statement: Statement) => Fault | null;

export interface MysqlProxy {
  readonly port: number;
  /** Every statement that clients sent, in order. */
  readonly seen: Statement[];
  set(decide: Decide): void;
  /** How many statements are held back by `stall`. */
  stalled(): number;
  /** Sends what is held back. */
  release(): void;
  /** Cuts what is open; new connections are taken. */
  cut(): void;
  /** Refuses new connections from now on, and cuts what is open. */
  refuse(): void;
  close(): Promise<void>;
}

const comQuery = 0x03;
const comPrepare = 0x16;
const comExecute = 0x17;
const headerBytes = 4;

interface Ends {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** Stands between a client and a MySQL server and loses, delays or invents answers, by statement. */
export async function startMysqlProxy(serverPort: number): Promise<MysqlProxy> {
  let decide: Decide = () => null;
  const seen: Statement[] = [];
  const held = new Set<() => void>();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    }
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.end());
    const textOf = followPrepared({ client, upstream });
    upstream.on('data', (data) => client.write(data));
    forward(
      { client, upstream },
      (packet) => {
        const statement = textOf(packet);
        if (statement === null) return null;
        seen.push(statement);
        return decide(statement);
      },
      held,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    held.clear();
    for (const socket of open) socket.destroy();
  };
  const refuse = () => {
    if (server.listening) server.close();
    cut();
  };
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    set(next) {
      decide = next;
    },
    stalled: () => held.size,
    release() {
      for (const send of held) send();
      held.clear();
    },
    cut,
    refuse,
    close: async () => refuse(),
  };
}

/**
 * Remembers under which number the server keeps each prepared statement: an execution names it by that alone. A client sends
 * nothing more before a statement is prepared, so the first packet after it is the answer: 0, then the number.
 */
function followPrepared({ upstream }: Ends): (packet: Buffer) => Statement | null {
  const texts = new Map<number, string>();
  const answerBytes = headerBytes + 5;
  const expectNumber = (sql: string) => {
    let answer = Buffer.alloc(0);
    const read = (data: Buffer) => {
      answer = Buffer.concat([answer, data]);
      if (answer.length < answerBytes) return;
      upstream.off('data', read);
      if (answer[headerBytes] === 0) texts.set(answer.readUInt32LE(headerBytes + 1), sql);
    };
    upstream.on('data', read);
  };
  return (packet) => {
    // Only the first packet of a command has the number 0.
    if (packet[3] !== 0) return null;
    const command = packet[headerBytes];
    if (command === comPrepare) expectNumber(packet.toString('utf8', headerBytes + 1));
    if (command === comQuery) return { sql: packet.toString('utf8', headerBytes + 1), prepared: false };
    if (command !== comExecute) return null;
    return { sql: texts.get(packet.readUInt32LE(headerBytes + 1)) ?? 'unknown', prepared: true };
  };
}

/** Cuts the stream of the client into packets, and lets each through or applies a fault to it. */
function forward(ends: Ends, faultOf: (packet: Buffer) => Fault | null, held: Set<() => void>): void {
  let rest = Buffer.alloc(0);
  ends.client.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= headerBytes && rest.length >= headerBytes + rest.readUIntLE(0, 3)) {
      const packet = rest.subarray(0, headerBytes + rest.readUIntLE(0, 3));
      rest = rest.subarray(packet.length);
      const fault = faultOf(packet);
      if (fault === null) ends.upstream.write(packet);
      else apply(fault, packet, ends, held);
    }
  });
}

function apply(fault: Fault, packet: Buffer, { client, upstream }: Ends, held: Set<() => void>): void {
  const send = () => void upstream.write(packet);
  if (fault.do === 'answer') client.write(errorPacket(fault.errno));
  else if (fault.do === 'delay') setTimeout(send, fault.delayMs);
  else if (fault.do === 'stall') held.add(send);
  else cutOff(fault, packet, { client, upstream });
}

function cutOff(fault: Extract<Fault, { do: `cut${string}` }>, packet: Buffer, { client, upstream }: Ends): void {
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
