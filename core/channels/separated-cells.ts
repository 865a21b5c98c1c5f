export type Cells = readonly string[];

const quote = '"';

/** Cuts records whose cells may stand in double quotes, line after line. */
export interface CellCutter {
  /** The cells of the record that ends with this line; null where a quote is open, so that the record goes on behind `ending`. */
  cut(line: string, ending: string): Cells | null;
}

/** Two quotes inside of quotes are one. A quote that stands where none can is taken as it is written, as spreadsheets do. */
export function createCells(separator: string): CellCutter {
  let cells: string[] = [];
  let open: string | null = null;
  return {
    cut(line, ending) {
      if (open === null && !line.includes(quote)) return line.split(separator);
      for (let from: number | null = 0; from !== null; ) {
        const cell: Cell = open === null ? cutCell(line, from, separator) : cutQuoted(open, line, from, separator);
        if (cell.isOpen) {
          open = cell.text + ending;
          return null;
        }
        open = null;
        cells.push(cell.text);
        from = cell.next;
      }
      const cut = cells;
      cells = [];
      return cut;
    },
  };
}

/** `next`: where the next cell begins; null where the line ended. */
type Cell =
  | { readonly isOpen: true; readonly text: string }
  | { readonly isOpen: false; readonly text: string; readonly next: number | null };

function cutCell(line: string, from: number, separator: string): Cell {
  return line[from] === quote ? cutQuoted('', line, from + 1, separator) : cutPlain('', line, from, separator);
}

function cutPlain(before: string, line: string, from: number, separator: string): Cell {
  const end = line.indexOf(separator, from);
  if (end < 0) return { isOpen: false, text: before + line.slice(from), next: null };
  return { isOpen: false, text: before + line.slice(from, end), next: end + separator.length };
}

/** From inside of the quotes on. */
function cutQuoted(before: string, line: string, from: number, separator: string): Cell {
  let text = before;
  for (let at = from; ; ) {
    const end = line.indexOf(quote, at);
    if (end < 0) return { isOpen: true, text: text + line.slice(at) };
    text += line.slice(at, end);
    if (end + 1 === line.length) return { isOpen: false, text, next: null };
    if (line.startsWith(separator, end + 1)) return { isOpen: false, text, next: end + 1 + separator.length };
    if (line[end + 1] !== quote) return cutPlain(`${quote}${text}${quote}`, line, end + 1, separator);
    text += quote;
    at = end + 2;
  }
}
