import type { Dispatcher } from 'undici';
import type { WireAnswer, WireRequest } from '../contract/kit.ts';

/** Vendors answer in kilobytes; what is larger is read as it comes. */
const maxAnswerBytes = 4 * 1024 * 1024;

/**
 * Sends a request and holds its whole answer. The pieces are gathered where undici hands them out: a stream that is made for each
 * answer and read to its end took a third of what HTTP costs a call.
 */
export function exchange(dispatcher: Dispatcher, wire: WireRequest, url: URL, deadline: AbortSignal): Promise<WireAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
  const { origin, pathname, search } = url;
  const { method, headers, body = null } = wire;
  dispatcher.dispatch(
    { origin, path: `${pathname}${search}`, method, headers: { ...headers }, body, bodyTimeout: 0, headersTimeout: 0 },
    gather(deadline, resolve, reject),
  );
  return promise;
}

function gather(deadline: AbortSignal, done: (answer: WireAnswer) => void, fail: (error: unknown) => void): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let length = 0;
  let head: Pick<WireAnswer, 'status' | 'headers'> = { status: 0, headers: {} };
  let running: Dispatcher.DispatchController | null = null;
  const cut = () => running?.abort(deadline.reason);
  deadline.addEventListener('abort', cut, { once: true });
  const settle = (act: () => void) => {
    deadline.removeEventListener('abort', cut);
    act();
  };
  return {
    onRequestStart(controller) {
      running = controller;
      if (deadline.aborted) cut();
    },
    // Called for what comes before an answer too, such as 103: the last one is the answer's.
    onResponseStart(_controller, status, headers) {
      head = { status, headers: joinHeaders(headers) };
    },
    onResponseData(controller, chunk) {
      length += chunk.length;
      if (length > maxAnswerBytes) controller.abort(new Error('the answer is larger than any vendor’s'));
      else chunks.push(chunk);
    },
    onResponseEnd: () => settle(() => done({ kind: 'answered', ...head, body: Buffer.concat(chunks, length) })),
    onResponseError: (_controller, error) => settle(() => fail(error)),
  };
}

/** With small names, and one text for each. */
export function joinHeaders(given: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
