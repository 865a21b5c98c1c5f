/** The row of the outbox that a notification tells. */
export interface EventFacts {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
  /** The object as JSON text. */
  readonly data: string;
  readonly createdAt: number;
}

/** Standard Webhooks 1.0 advises to stay under 20 kB: some receivers refuse more. */
const maxBytes = 20_000;

/** The text of a notification: a pure function of its event, so that every try sends, and signs, the same bytes. */
export function writeBody(event: EventFacts): string {
  const full = wrap(event, event.data);
  if (Buffer.byteLength(full) <= maxBytes) return full;
  return wrap(event, JSON.stringify(keepPlain(JSON.parse(event.data) as Readonly<Record<string, unknown>>)));
}

/** The stored text goes in as it is: parsing it and writing it again could spell it differently. */
function wrap({ id, type, sequence, createdAt }: EventFacts, object: string): string {
  const head = JSON.stringify({ id, type, created_at: new Date(createdAt).toISOString(), sequence });
  return `${head.slice(0, -1)},"data":{"object":${object}}}`;
}

/** What a merchant decides by is plain: ids, states, amounts. Lists and objects of a too large one are left to the API. */
function keepPlain(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => typeof value !== 'object' || value === null));
}
