import { type FieldFault, faultOf } from '../errors.ts';
import { hasIllegalCharacter } from '../xml-text.ts';
import { paramOf } from './faults.ts';

const uncarriable = {
  en: 'It holds a character that XML cannot carry: a control character, half of a surrogate pair, U+FFFE or U+FFFF.',
  zh: '包含 XML 无法表示的字符：控制字符、不成对的代理字符、U+FFFE 或 U+FFFF。',
};

/**
 * Texts that could not be given back as they came: half a surrogate pair becomes U+FFFD on its way
 * into a database, and XML answers have no spelling for control characters. A key is told by the
 * object that holds it, so that the fault itself can be written in either format.
 */
export function textFaults(value: unknown, path: readonly PropertyKey[] = []): readonly FieldFault[] {
  if (typeof value === 'string') return hasIllegalCharacter(value) ? [faultAt(path)] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => textFaults(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const hasBadKey = entries.some(([key]) => hasIllegalCharacter(key));
  const inside = entries.filter(([key]) => !hasIllegalCharacter(key)).flatMap(([key, member]) => textFaults(member, [...path, key]));
  return hasBadKey ? [faultAt(path), ...inside] : inside;
}

function faultAt(path: readonly PropertyKey[]): FieldFault {
  return { ...faultOf(paramOf(path), 'invalid_format'), detail: uncarriable };
}
