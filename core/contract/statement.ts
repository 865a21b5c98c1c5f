import type { Money } from './money.ts';
import type { NotSent, Rejected, Unknown } from './outcome.ts';

/**
 * One file of a vendor's statement, exactly as it came. `content` is read once, in order; it throws where the
 * vendor's answer breaks off, and then nothing of the file counts.
 */
export interface StatementDocument {
  /** As the vendor calls it; where it has no name, what it holds, such as `trade-2026-01-31.csv`. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What became of asking a vendor for the statement of one business day. */
export type StatementOutcome =
  /** The documents are valid as long as the call is; they are read one after the other. */
  | { readonly kind: 'ready'; readonly documents: AsyncIterable<StatementDocument> }
  /** The vendor says, finally, that nothing happened on that day. */
  | { readonly kind: 'empty' }
  /** It is still being made: ask again later. */
  | { readonly kind: 'notYet' }
  | Rejected
  | NotSent
  | Unknown;

/** One line of a vendor's statement. Amounts keep their sign: what the merchant loses is negative. Direction columns are folded in. */
export interface StatementLine {
  /** `payout`: to the merchant's own bank account. What was paid to others is an adjustment. */
  readonly kind: 'payment' | 'refund' | 'fee' | 'chargeback' | 'payout' | 'adjustment';
  /** Our number: the attempt's for a payment, the refund's for a refund; null where the vendor names none. */
  readonly number: string | null;
  /** The vendor's number of the transaction or refund. */
  readonly channelNo: string;
  readonly gross: Money;
  /** What the vendor kept; negative where it gave a fee back. Null where the statement does not say. */
  readonly fee: Money | null;
  readonly net: Money | null;
  readonly occurredAt: Date;
  /** The line as it stands in the document, for whoever has to look. */
  readonly raw: string;
}

/** One row of a separated text. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly raw: string;
  /** The line of the file on which the row ends, counted from 1. */
  readonly line: number;
}

export interface CsvRule {
  /** `gb18030` reads GBK too. Bytes that are not of the charset are an `Error`. */
  readonly charset: 'utf-8' | 'gb18030';
  /** Default: a comma. */
  readonly separator?: string;
  /** Whether cells may stand in double quotes, with line breaks inside. Default: no, because most Chinese vendors quote nothing. */
  readonly isQuoted?: boolean;
}

/** Readers of the forms in which statements come. All read as the content arrives, and throw an `Error` for a person who holds the file. */
export interface FilesKit {
  /**
   * Rows with at least one cell that is not empty, of a separated text, packed (gzip, or alone in a ZIP) or not, or of a workbook
   * (`.xlsx`): the first bytes say which. Those of a workbook are as wide as the widest before, their numbers decimals, their times
   * `2026-01-02 11:04:05`. Back-ticks and tabs that keep spreadsheets from making numbers are not cut off.
   */
  csv(content: AsyncIterable<Uint8Array>, rule: CsvRule): AsyncIterable<CsvRow>;
  /** The bytes between line feeds, without a carriage return at the end: for records of fixed byte widths. */
  lines(content: AsyncIterable<Uint8Array>): AsyncIterable<Buffer>;
  /** The files of a ZIP in their order. A file that is not read is skipped. At most 2 GiB come out, and 1,000 files. */
  unzip(content: AsyncIterable<Uint8Array>): AsyncIterable<StatementDocument>;
  /** At most 2 GiB come out. */
  gunzip(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** The same for zlib's form without gzip's header (RFC 1950), in which UnionPay packs its files. */
  inflate(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}
