import { faultOf, type Refusal, type Text } from '../../errors.ts';
import { refuseFaults } from '../faults.ts';

/** What every list by cursor can be asked for. */
interface PageQuery {
  readonly limit?: number | undefined;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
}

export interface Page {
  readonly limit: number;
  readonly startingAfter: string | undefined;
  readonly endingBefore: string | undefined;
}

const bothGiven: Text = {
  en: 'starting_after and ending_before go in opposite directions: give one of them.',
  zh: 'starting_after 与 ending_before 方向相反，只能给出其中一个。',
};

/**
 * The page that a list is asked for. A cursor that this app never saw is refused: the empty list
 * that it led to looks like the end of the books to whoever mistyped it.
 */
export async function readPageQuery(query: PageQuery, isKnown: (id: string) => Promise<boolean>): Promise<Page | Refusal> {
  const { limit = 20, starting_after: startingAfter, ending_before: endingBefore } = query;
  if (startingAfter !== undefined && endingBefore !== undefined) return refuseCursor('ending_before', bothGiven);
  const cursor = startingAfter ?? endingBefore;
  const param = startingAfter === undefined ? 'ending_before' : 'starting_after';
  if (cursor !== undefined && !(await isKnown(cursor))) return refuseUnknownCursor(param);
  return { limit, startingAfter, endingBefore };
}

/** The same for an id that nobody has and for one of another app: whose it is, is not told. */
export function refuseUnknownCursor(param: string): Refusal {
  const detail = { en: `${param} is not the id of anything in this list.`, zh: `${param} 不是此列表中任何对象的 id。` };
  return refuseCursor(param, detail);
}

function refuseCursor(param: string, detail: Text): Refusal {
  return refuseFaults([{ ...faultOf(param, 'invalid_choice'), detail }]);
}
