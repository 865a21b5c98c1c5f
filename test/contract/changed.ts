import type { RawRequest } from '../../core/contract/channel.ts';

/** A request with something about it changed, and what that is. */
interface Changed {
  readonly what: string;
  readonly raw: RawRequest;
}

const mostPlaces = 24;

/** Digits are what amounts and numbers are written in: each of some of them becomes another one. */
function otherDigits(raw: RawRequest, what: string): readonly Changed[] {
  const text = raw.body.toString('latin1');
  const places = [...text.matchAll(/\d/g)].map(({ index }) => index);
  const step = Math.max(1, Math.ceil(places.length / mostPlaces));
  const inBody = places
    .filter((_, at) => at % step === 0)
    .map((at) => {
      const body = Buffer.from(raw.body);
      body[at] = text[at] === '9' ? 0x38 : 0x39;
      return { what: `${what}, and byte ${at} changed`, raw: { ...raw, body } };
    });
  const query = raw.query.replaceAll(/\d/g, (digit) => (digit === '9' ? '8' : '9'));
  return query === raw.query ? inBody : [...inBody, { what: `${what}, and the digits of the query changed`, raw: { ...raw, query } }];
}

/** Without one of its headers, or with a signature of nothing, and then other facts. */
export function withoutHeaders(raw: RawRequest): readonly Changed[] {
  return Object.keys(raw.headers).flatMap((name) => {
    const { [name]: _, ...others } = raw.headers;
    const gone = otherDigits({ ...raw, headers: others }, `without ${name}`);
    return [...gone, ...otherDigits({ ...raw, headers: { ...others, [name]: '' } }, `with an empty ${name}`)];
  });
}

/** Without one of its fields, and then other facts: some vendors sign within the message. */
export function withoutFields(raw: RawRequest): readonly Changed[] {
  const text = raw.body.toString('utf8');
  const json = /^\s*\{/.test(text) ? (JSON.parse(text) as Record<string, unknown>) : null;
  if (json !== null) {
    return Object.keys(json).flatMap((name) => {
      const { [name]: _, ...others } = json;
      return otherDigits({ ...raw, body: Buffer.from(JSON.stringify(others)) }, `without the field ${name}`);
    });
  }
  const ofBody = fieldsLess(text).flatMap((less) => otherDigits({ ...raw, body: Buffer.from(less) }, less));
  return [...ofBody, ...fieldsLess(raw.query).flatMap((query) => otherDigits({ ...raw, query }, query))];
}

function fieldsLess(form: string): readonly string[] {
  const fields = form.split('&');
  return fields.length < 2 ? [] : fields.map((_, gone) => fields.filter((__, at) => at !== gone).join('&'));
}
