/** XML 1.0 forbids these outright, escaped or not: controls, lone surrogates, U+FFFE and U+FFFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

export function hasIllegalCharacter(text: string): boolean {
  return text.search(illegal) >= 0;
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Text with the five predefined entities and character references resolved; null when it holds any other. One pass: nothing is resolved twice. */
export function decodeReferences(text: string): string | null {
  let accepted = true;
  const decoded = text.replace(/&([^;&]{0,12};)?/g, (_whole, reference: string | undefined) => {
    const character = reference === undefined ? undefined : resolve(reference.slice(0, -1));
    if (character === undefined) accepted = false;
    return character ?? '';
  });
  return accepted ? decoded : null;
}

function resolve(reference: string): string | undefined {
  if (Object.hasOwn(named, reference)) return named[reference];
  const digits = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference);
  if (digits === null) return undefined;
  const codePoint = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  if (codePoint > 0x10ffff) return undefined;
  const character = String.fromCodePoint(codePoint);
  return hasIllegalCharacter(character) ? undefined : character;
}

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', '\r': '&#13;' };

/** Text for an element or an attribute. Characters that XML cannot carry are left out. */
export function escapeXml(text: string): string {
  return text.replace(illegal, '').replace(/[<>&"\r]/g, (character) => escapes[character] ?? character);
}

/** The same for the value of an attribute, where white space that is not escaped would be read as spaces. */
export function escapeAttribute(text: string): string {
  return escapeXml(text).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
}
