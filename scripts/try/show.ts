import type { Call, WireAnswer, WireRequest } from '../../core/contract/kit.ts';
import { maskText, maskValue } from '../../core/mask.ts';

export type Tell = (line: string) => void;

/** Nothing that is shown holds one of the account's secrets: texts by value, headers and fields by name as well. */
export interface Show {
  /** A line of the walk. */
  step(text: string): void;
  /** A value that the channel answered. */
  value(title: string, value: unknown): void;
  /** Headers and body of one message. */
  message(title: string, headers: Readonly<Record<string, string>> | undefined, body: string | Uint8Array | undefined): void;
  /** The same call, with every exchange told. */
  wire(call: Call): Call;
}

export function createShow(tell: Tell, secrets: readonly string[]): Show {
  const line = (text: string) => tell(maskText(text, secrets));
  const show: Show = {
    step: (text) => line(`\n== ${text}`),
    value: (title, value) => line(`   ${title}: ${JSON.stringify(maskValue(value, secrets), null, 2).replaceAll('\n', '\n   ')}`),
    message(title, headers, body) {
      line(`   ${title}`);
      for (const [name, value] of Object.entries(maskValue(headers ?? {}, secrets) as Record<string, unknown>))
        line(`     ${name}: ${value}`);
      const text = maskFields(textOf(body), headers?.['content-type'] ?? '', secrets);
      if (text !== '') line(`     ${text.replaceAll('\n', '\n     ')}`);
    },
    wire: (call) => ({
      ...call,
      http: async (request) => {
        showRequest(show, request);
        const answer = await call.http(request);
        showAnswer(show, answer);
        return answer;
      },
      download: async (request) => {
        showRequest(show, request);
        const answer = await call.download(request);
        show.message(
          answer.kind === 'answered' ? `<- ${answer.status}, read as it comes` : `<- ${answer.kind}: ${answer.reason}`,
          undefined,
          '',
        );
        return answer;
      },
      log: (level, message, fields) => show.value(`log ${level}: ${message}`, fields ?? {}),
    }),
  };
  return show;
}

function showRequest(show: Show, { method, url, headers, body }: WireRequest): void {
  show.message(`-> ${method} ${url}`, headers, body);
}

function showAnswer(show: Show, answer: Awaited<ReturnType<Call['http']>>): void {
  if (answer.kind === 'answered') show.message(`<- ${answer.status}`, answer.headers, (answer as WireAnswer).body);
  else show.message(`<- ${answer.kind}: ${answer.reason}`, undefined, undefined);
}

/** Text as it is; bytes that are none by their number. */
function textOf(body: string | Uint8Array | undefined): string {
  if (body === undefined || typeof body === 'string') return body ?? '';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return `[${body.byteLength} bytes]`;
  }
}

/** Bodies with named fields are masked by the names as well: an access token that a vendor has just made is in no configuration. */
function maskFields(text: string, contentType: string, secrets: readonly string[]): string {
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    const fields = maskValue(Object.fromEntries(new URLSearchParams(text)), secrets) as Record<string, unknown>;
    return Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
  }
  try {
    return JSON.stringify(maskValue(JSON.parse(text), secrets));
  } catch {
    return text;
  }
}
