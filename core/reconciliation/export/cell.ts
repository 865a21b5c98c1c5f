/**
 * What stands in one cell. Text stays text, whatever it looks like; a number is a decimal that was written exactly
 * (`1999`, `-19.99`), because an amount must not pass through a float on its way into a file.
 */
export type Cell = string | { readonly decimal: string } | null;

export type Cells = readonly Cell[];

/** A table for people and their programs: its columns, and rows of as many cells. */
export interface Sheet {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<Cells>;
}

const decimalPattern = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** The text of a number. Throws for what is none: it would be read as a formula. */
export function decimalText({ decimal }: { readonly decimal: string }): string {
  if (!decimalPattern.test(decimal)) throw new Error(`not a decimal: ${JSON.stringify(decimal.slice(0, 40))}`);
  return decimal;
}

/**
 * Text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe in front, as OWASP advises for
 * separated texts. Spaces in front do not help against it, so they are looked through. So does what begins like it behind a semicolon,
 * where a spreadsheet of many countries cuts cells, quoted or not.
 */
export function withoutFormula(text: string): string {
  const safe = text.replace(/;(?=[\s\u00a0"]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g, ";'");
  return /^[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(safe) ? `'${safe}` : safe;
}
