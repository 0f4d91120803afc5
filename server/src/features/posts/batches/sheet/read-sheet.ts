// Reads a CSV file into entries. A row that cannot be read becomes a failed entry. A file whose columns would be misread is
// refused as a whole: its posts would be published at wrong times or with wrong texts.
import { Readable } from 'node:stream';
import { CsvError, parse as parseCsv } from 'csv-parse';
import { nextTurn } from '../../../../platform/clock.ts';
import { type Detail, Refusal } from '../../../../platform/errors.ts';
import { invalidBody } from '../../../../platform/use-case/index.ts';
import {
  BatchLine,
  refuse,
  rowsMax,
  sliceBytes,
  tooMany,
  tooManyPosts,
  withoutByteOrderMark,
} from '../batch-lines.ts';
import { postsMax } from '../batches.schema.ts';
import {
  columnName,
  misspelledColumns,
  readHeader,
  recognizedColumns,
  type SheetField,
  type SheetHeader,
} from './columns.ts';
import { quote } from './quote.ts';
import type { Cells } from './row.ts';
import { looksLikeDate } from './times.ts';

/** More than the columns of any scheduler. A sheet with every column of a spreadsheet program is refused. */
const columnsMax = 100;
const rowBytesMax = 128 * 1024;
/** The separator line is within the first line of a file. */
const headBytes = 10_000;

/**
 * Reads a CSV file whose first row names the columns.
 * @throws invalidBody for invalid CSV, without a media column, for columns that would be misread, and for too many columns
 *   or rows
 */
export async function readSheet(bytes: Buffer): Promise<{ posts: BatchLine[] }> {
  const { delimiter, content, skippedRows } = withoutSeparatorLine(withoutByteOrderMark(bytes));
  let header: SheetHeader | undefined;
  let dates = new Map<number, boolean>();
  // Counts rows of the spreadsheet, whose cells may have several lines.
  let row = skippedRows;
  const posts: BatchLine[] = [];
  for await (const cells of readRecords(content, delimiter)) {
    row += 1;
    if (row > rowsMax) throw tooMany(`The sheet has more than ${rowsMax} rows.`);
    if (header === undefined) {
      header = checkHeader(cells);
      dates = new Map(header.unknown.map((index) => [index, true]));
      continue;
    }
    if (cells.every((cell) => cell.trim() === '')) continue;
    noteDates(dates, cells);
    posts.push(readCells(header, cells, row));
    if (posts.length > postsMax) throw tooManyPosts();
  }
  if (header === undefined) {
    throw refuse(
      'header',
      'required',
      'The first row must name the columns, such as "Title" and "Media URL".',
    );
  }
  refuseUnknownTimes(header, dates);
  return { posts };
}

/** Spreadsheet programs put `sep=;` above the header of a file for a country whose lists are separated by semicolons. */
function withoutSeparatorLine(bytes: Buffer): { delimiter: string; content: Buffer; skippedRows: number } {
  const head = bytes.toString('utf8', 0, headBytes);
  const [line, separator] = /^"?sep=(.)"?(?:\r\n|\r|\n)/i.exec(head) ?? [];
  if (line === undefined || separator === undefined) {
    return { delimiter: delimiterOf(head), content: bytes, skippedRows: 0 };
  }
  return { delimiter: separator, content: bytes.subarray(Buffer.byteLength(line)), skippedRows: 1 };
}

/** The most frequent delimiter of the header. Spreadsheet programs use a semicolon in some countries. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r|\n/, 1);
  const count = (delimiter: string) => header.split(delimiter).length;
  const [mostFrequent = ','] = [',', ';', '\t'].toSorted((a, b) => count(b) - count(a));
  return mostFrequent;
}

function checkHeader(names: readonly string[]): SheetHeader {
  const header = readHeader(names);
  const misspelled = misspelledColumns(header);
  if (misspelled.length > 0) {
    // Unknown columns are ignored. An ignored column of dates would make drafts of posts that have a time.
    throw invalidBody(
      misspelled.map(({ name, suggestion }) => ({
        path: 'header',
        code: 'unknown_field',
        message: `Unknown column ${quote(name)}. Did you mean "${suggestion}"? Rename or remove the column.`,
      })),
    );
  }
  if (!header.fields.has('mediaUrl') && !header.fields.has('mediaId')) {
    const present = names.flatMap((name) => (name.trim() === '' ? [] : quote(name)));
    throw refuse(
      'header',
      'media_column_missing',
      `The file has no media column. Its columns: ${present.slice(0, 20).join(', ') || 'none'}. Recognized columns: ${recognizedColumns.join(', ')}.`,
    );
  }
  return header;
}

/** Keeps the unknown columns whose cells are all dates or blank, and notes which of them have a date. */
function noteDates(dates: Map<number, boolean>, cells: readonly string[]): void {
  for (const index of dates.keys()) {
    const cell = cells[index]?.trim() ?? '';
    if (cell === '') continue;
    if (looksLikeDate(cell)) dates.set(index, false);
    else dates.delete(index);
  }
}

function refuseUnknownTimes({ names, fields }: SheetHeader, dates: ReadonlyMap<number, boolean>): void {
  if (fields.has('sendAt') || fields.has('time')) return;
  const details = [...dates].flatMap(([index, isBlank]): Detail[] => {
    if (isBlank) return [];
    const name = quote(names[index] ?? '');
    return [
      {
        path: 'header',
        code: 'unknown_time_column',
        message: `The column ${name} has dates, but its name is not one of a column of times. Rename it to "${columnName('sendAt')}", or remove it to create drafts.`,
      },
    ];
  });
  if (details.length > 0) throw invalidBody(details);
}

/** @throws invalidBody if two columns of one field have different values */
function readCells(header: SheetHeader, cells: readonly string[], row: number): BatchLine {
  const count = cells.findLastIndex((cell) => cell.trim() !== '') + 1;
  if (count > header.width) {
    const message = `The row has ${count} cells, and the header ${header.width}. Put texts that contain the separator in quotes.`;
    return new BatchLine({ row, header, problem: { path: '', code: 'too_many_cells', message } });
  }
  const named: Cells = Object.fromEntries(
    Array.from(header.fields, ([field, indexes]) => [field, cellOf(header, field, indexes, cells, row)]),
  );
  return new BatchLine({ row, cells: named, header });
}

function cellOf(
  { names }: SheetHeader,
  field: SheetField,
  indexes: readonly number[],
  cells: readonly string[],
  row: number,
): string {
  const filled = indexes.filter((index) => cells[index]?.trim());
  const values = new Set(filled.map((index) => cells[index]?.trim()));
  if (values.size > 1) {
    const quoted = filled.map((index) => quote(names[index] ?? '')).join(' and ');
    throw refuse(
      'header',
      'conflicting_columns',
      `The columns ${quoted} are both for "${columnName(field)}", and differ in row ${row}. Remove one of them.`,
    );
  }
  return cells[filled[0] ?? -1] ?? '';
}

/** Yields rows while the file is read, so that a caller can stop early. */
async function* readRecords(bytes: Buffer, delimiter: string): AsyncGenerator<string[]> {
  const parser = parseCsv({
    delimiter,
    relax_column_count: true,
    max_record_size: rowBytesMax,
    cast(cell, { index, records }) {
      // Checked for each cell, because the whole file can be one row.
      if (index < columnsMax) return cell;
      const message = `Row ${records + 1} has more than ${columnsMax} columns. Remove the columns that are not needed, empty ones included.`;
      throw refuse(records === 0 ? 'header' : '', 'too_large', message);
    },
  });
  try {
    for await (const cells of Readable.from(slices(bytes)).pipe(parser)) yield cells as string[];
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code = '', message = 'malformed' } = error instanceof CsvError ? error : {};
    if (code === 'CSV_MAX_RECORD_SIZE') {
      throw refuse('', 'too_large', `A row can have at most ${rowBytesMax / 1024} KiB.`);
    }
    throw refuse('', 'malformed', `The body is not valid CSV: ${message.slice(0, 200)}.`);
  }
}

async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += sliceBytes) {
    await nextTurn();
    yield bytes.subarray(from, from + sliceBytes);
  }
}
