import { escapeXml } from './xml-text.ts';

const header = '<?xml version="1.0" encoding="UTF-8"?>';

/** RFC 9457, appendix B. */
const problemNamespace = 'urn:ietf:rfc:7807';

/** What an element may be called. Anything else (a metadata key with a space) becomes `<entry name="…">`. */
const elementName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

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
    .map(([name, member]) => (elementName.test(name) ? element(name, '', member) : element('entry', ` name="${escapeXml(name)}"`, member)))
    .join('');
}
