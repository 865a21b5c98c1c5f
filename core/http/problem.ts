import { errors, type Locale, type Refusal } from '../errors.ts';

/** An RFC 9457 problem as the API writes it. */
export type Problem = Readonly<Record<string, unknown>>;

/** A refusal in the words of one request. Members without a value are left out. */
export function buildProblem(refusal: Refusal, request: { requestId: string; locale: Locale; errorsUrl: string }): Problem {
  const { locale } = request;
  const entry = errors[refusal.code];
  return {
    type: `${request.errorsUrl}#${refusal.code}`,
    title: entry.title[locale],
    status: entry.status,
    detail: (refusal.detail ?? entry.detail)[locale],
    code: refusal.code,
    ...(refusal.param !== undefined && { param: refusal.param }),
    ...(refusal.errors && { errors: refusal.errors.map(({ param, code, detail }) => ({ param, code, detail: detail[locale] })) }),
    request_id: request.requestId,
    advice: entry.advice,
    ...(refusal.payment !== undefined && { payment: refusal.payment }),
  };
}
