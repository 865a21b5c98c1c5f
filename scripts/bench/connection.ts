import { connect, type Socket } from 'node:net';

export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** One keep-alive connection with one request under way at a time. */
export interface Connection {
  send(request: string): Promise<Answered>;
  close(): void;
}

interface Waiting {
  resolve(answer: Answered): void;
  reject(error: Error): void;
}

const headEnd = '\r\n\r\n';

/**
 * Bare on purpose: the generator shares two cores with server and database, and a full HTTP client
 * takes more CPU for a request than the echo server that it measures. One that the server has closed because
 * nothing was sent for a while is opened anew, as every client does.
 */
export async function openConnection(port: number): Promise<Connection> {
  let line = await openLine(port);
  return {
    async send(request) {
      if (line.socket.destroyed || line.socket.readableEnded) line = await openLine(port);
      return line.send(request);
    },
    close: () => line.socket.destroy(),
  };
}

interface Line {
  readonly socket: Socket;
  send(request: string): Promise<Answered>;
}

function openLine(port: number): Promise<Line> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1') as Socket;
  let waiting: Waiting | null = null;
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
    const answer = readAnswer(text);
    if (answer === null || waiting === null) return;
    const { resolve } = waiting;
    waiting = null;
    text = '';
    resolve(answer);
  });
  const fail = (error: Error) => {
    waiting?.reject(error);
    waiting = null;
  };
  socket.on('error', fail).on('close', () => fail(new Error('the server closed a connection')));
  const send = (request: string) =>
    new Promise<Answered>((resolve, reject) => {
      waiting = { resolve, reject };
      socket.write(request, 'latin1');
    });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve({ socket, send })).once('error', reject);
  });
}

/** Null until the whole of it is there. Only answers with a length are understood. */
function readAnswer(text: string): Answered | null {
  const end = text.indexOf(headEnd);
  if (end < 0) return null;
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error(`an answer without a length: ${text.slice(0, 200)}`);
  const body = text.slice(end + headEnd.length);
  return body.length < length ? null : { status: Number(text.slice(9, 12)), body };
}
