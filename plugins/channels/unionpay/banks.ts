import type { Kit } from '../../../core/contract/kit.ts';
import type { Bank } from '../../../core/contract/manifest.ts';

/** UnionPay names banks by letters, such as ICBC: at most 20 characters in its table of fields (issInsCode). */
export const bankCode = /^[0-9A-Za-z]{1,20}$/;
const mostBanks = 200;

/**
 * The banks whose pages the merchant has agreed on with UnionPay, by their codes. No list of UnionPay's is public, and codes that were
 * guessed would send shoppers to nowhere: so they come from the configuration.
 */
export function readBanks(text: string | undefined, kit: Kit): readonly Bank[] | undefined {
  if (text === undefined) return undefined;
  const named = kit.json(text);
  if (named === null || typeof named !== 'object' || Array.isArray(named)) throw new Error('banks must be a JSON object: code → name');
  const entries = Object.entries(named);
  if (entries.length === 0 || entries.length > mostBanks) throw new Error(`banks must name 1 to ${mostBanks} banks`);
  return entries.map(([code, name]) => {
    if (!bankCode.test(code)) throw new Error(`banks: ${JSON.stringify(code.slice(0, 40))} is not a code of at most 20 letters and digits`);
    if (typeof name !== 'string' || name.trim() === '' || name.length > 60)
      throw new Error(`banks: the name of ${code} must be a text of 1 to 60 characters`);
    return { code, name };
  });
}
