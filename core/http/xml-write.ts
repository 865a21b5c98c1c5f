import { escapeAttribute, escapeXml } from '../xml-text.ts';

const header = '<?xml version="1.0" encoding="UTF-8"?>';

/** RFC 9457, appendix B. */
const problemNamespace = 'urn:ietf:rfc:7807';

const nameStart =
  'A-Za-z_\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd';

/**
 * What an element may be called in XML 1.0, without the colon of namespaces, names that XML keeps for
 * itself, and the planes beyond the first. Anything else (a key with a space) becomes `<entry name="…">`.
 */
const elementName = new RegExp(`^(?![xX][mM][lL])[${nameStart}][${nameStart}.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040-]*$`);

/** An answer as XML: `<response>`, lists as repeated `<item>`, members that are null left out. */
export function writeXml(value: unknown): string {
  return `${header}${element('response', '', value)}`;
}

/** A problem as XML. */
export function writeProblemXml(problem: Readonly<Record<string, unknown>>): string {
  return `${header}${element('problem', ` xmlns="${problemNamespace}"`, problem)}`;
}

function element(name: string, attributes: string, value: unknown): string {
  const content = contentOf(value);
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function contentOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => element('item', '', item)).join('');
  if (typeof value !== 'object') return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .map(([name, member]) =>
      elementName.test(name) ? element(name, '', member) : element('entry', ` name="${escapeAttribute(name)}"`, member),
    )
    .join('');
}
