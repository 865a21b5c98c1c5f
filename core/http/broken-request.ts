import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errors, refuse } from '../errors.ts';
import { buildProblem } from './problem.ts';

/** What an answer without any middleware needs of the outside. */
export interface BrokenRequestDeps {
  readonly newRequestId: () => string;
  readonly errorsUrl: string;
}

/** Answers what could not be read as HTTP at all; no middleware ever sees it. */
export interface BrokenRequests {
  /** Remembers a request until it is answered: nothing may be written before or into its answer. */
  note(request: IncomingMessage, response: ServerResponse): void;
  answer(error: NodeJS.ErrnoException, socket: Socket): void;
  /** `CONNECT` asks for a tunnel, and there is none. */
  answerConnect(socket: Socket): void;
}

/** How long a client may still read our answer: without an end to it, it would hold the connection as long as it likes. */
const lingerMs = 1000;

/** Keeps the answers of a server's connections apart, each request's own. */
export function createBrokenRequests(deps: BrokenRequestDeps): BrokenRequests {
  const underWay = new WeakMap<Socket, Set<ServerResponse>>();
  const broken = new WeakSet<Socket>();
  return {
    note({ socket }, response) {
      const responses = underWay.get(socket) ?? new Set();
      underWay.set(socket, responses.add(response));
      response.once('close', () => responses.delete(response));
    },
    answer(error, socket) {
      // What still comes behind nonsense is nonsense too: cut for it, the client could lose the answers before it.
      if (broken.has(socket)) return;
      broken.add(socket);
      if (error.code === 'ECONNRESET') socket.destroy();
      else answerLast([...(underWay.get(socket) ?? [])], socket, () => writeProblem(brokenRequestCode(error.code), socket, deps));
    },
    answerConnect(socket) {
      // From here on Node takes the socket for ours, its errors too.
      socket.on('error', () => socket.destroy());
      broken.add(socket);
      answerLast([...(underWay.get(socket) ?? [])], socket, () => writeProblem('method_not_allowed', socket, deps));
    },
  };
}

/**
 * Requests that were read whole keep their answers and their order: a 400 before them would be taken for
 * the answer to a payment that was made. Into an answer that has begun nothing can be written.
 */
function answerLast(underWay: readonly ServerResponse[], socket: Socket, write: () => void): void {
  const own = underWay.find((response) => !response.req.complete);
  const whole = underWay.findLast((response) => response.req.complete);
  const writeOrCut = () => {
    if (own?.headersSent || !socket.writable) socket.destroy();
    else write();
  };
  if (whole === undefined) writeOrCut();
  else whole.once('close', writeOrCut);
}

/** There is no field that a list of faults could name. */
const notHttp = { en: 'What was sent cannot be read as an HTTP request.', zh: '发送的内容无法按 HTTP 请求解析。' };

function writeProblem(code: ErrorCode, socket: Socket, { newRequestId, errorsUrl }: BrokenRequestDeps): void {
  const requestId = newRequestId();
  const told = code === 'invalid_request' ? refuse(code, { detail: notHttp }) : refuse(code);
  const body = JSON.stringify(buildProblem(told, { requestId, locale: 'en', errorsUrl }));
  const head = [
    `HTTP/1.1 ${errors[code].status} ${code}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(cut));
}

function brokenRequestCode(code: string | undefined): ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'invalid_request';
}
