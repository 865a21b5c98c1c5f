import type { Callback, CallbackItem, RawRequest, Reply } from '../../contract/channel.ts';
import { type Data, readData, readForm, textAt } from './data.ts';
import { echoOf, paymentReport, refundReport, stateOf } from './facts.ts';
import { configValues, fillText, type Opened } from './opened.ts';
import type { Definition } from './schema.ts';
import { isGenuine } from './verify.ts';

type Rule = Definition['callback'];

/** Verifies, then reads. Whatever is missing or in doubt refuses the callback; a query finds out then. */
export async function parseCallback(opened: Opened, raw: RawRequest): Promise<Callback> {
  const rule = opened.definition.callback;
  if (!(rule.methods as readonly string[]).includes(raw.method)) return refuse('malformed');
  const data = raw.method === 'GET' ? readForm(raw.query) : readData(opened.kit, rule.encoding, raw.body);
  if (data === null) return refuse('malformed');
  const received = { data, body: raw.body, headers: raw.headers };
  if (rule.verify !== undefined && !(await isGenuine(opened, received, [{ by: rule.verify, under: '' }], rule.facts)))
    return refuse('bad_signature');
  return readEvent(opened, rule, data);
}

function readEvent(opened: Opened, rule: Rule, data: Data): Callback {
  const state = stateOf(rule, data);
  const accepted = writeReply(opened, rule.accepted);
  if (state === 'ignored') return { kind: 'ignored', eventType: textAt(data, rule.facts.status) ?? '', reply: accepted };
  const eventId = rule.eventId.map((path) => textAt(data, path) ?? '');
  const item = eventId.includes('') ? null : readItem(opened, rule, state, data);
  if (item === null) return refuse('malformed');
  return {
    kind: 'event',
    eventId: eventId.join(':').slice(0, 200),
    trust: rule.trust,
    items: [item],
    accepted,
    retry: writeReply(opened, rule.retry),
  };
}

function readItem(opened: Opened, rule: Rule, state: string | null, data: Data): CallbackItem | null {
  const number = textAt(data, rule.facts.number);
  const channelNo = textAt(data, rule.facts.channelNo);
  if (number === undefined && channelNo === undefined) return null;
  const named = { ...(number !== undefined && { number }), ...(channelNo !== undefined && { channelNo }) };
  if (state === 'changed') return { of: rule.of, ...named, report: { state } };
  if (rule.of === 'refund') {
    const report = refundReport(opened, rule, data);
    return report === null ? null : { of: 'refund', ...named, report };
  }
  if (state === 'declined') return { of: 'payment', ...named, report: { state, code: 'declined', echo: echoOf(rule.facts, data) } };
  const report = paymentReport(opened, rule, data);
  return report === null ? null : { of: 'payment', ...named, report };
}

const writeReply = (opened: Opened, { status, type, body }: Rule['accepted']): Reply => ({
  status,
  headers: { 'content-type': type },
  body: fillText(opened, body, configValues(opened.config)),
});

function refuse(reason: 'bad_signature' | 'malformed'): Callback {
  return { kind: 'refused', reason, reply: { status: 400, body: reason } };
}
