// Reads the entries of a batch that is sent as lines of JSON or as a spreadsheet. An entry that cannot be read becomes a
// failed entry; the batch is accepted.
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { CsvError, parse as parseCsv } from 'csv-parse';
import { nextTurn } from '../../../platform/clock.ts';
import { type Detail, Refusal } from '../../../platform/errors.ts';
import { countValues, entryBytesMax } from '../../../platform/http/index.ts';

import { invalidBody } from '../../../platform/use-case/index.ts';
import { postsMax } from './batches.schema.ts';
import { columnsOf, misspelledColumns, recognizedColumns } from './sheet-columns.ts';

/** Five times the values of the largest valid post. */
export const entryValuesMax = 1000;

export const tooManyValues: Detail = {
  path: '',
  code: 'too_large',
  message: `The entry has more than ${entryValuesMax} values.`,
};

/** One entry as it was sent. */
export class BatchLine {
  /** The line of the file or the row of the sheet, from 1; null in a JSON body. */
  readonly row: number | null;
  /** The parsed JSON. */
  readonly body?: unknown;
  /** The cells of a sheet, by the names of our fields. */
  readonly cells?: Readonly<Record<string, string>>;
  /** The reason why the entry cannot be read. */
  readonly problem?: Detail;

  constructor(line: {
    row: number | null;
    body?: unknown;
    cells?: Readonly<Record<string, string>>;
    problem?: Detail;
  }) {
    this.row = line.row;
    this.body = line.body;
    if (line.cells) this.cells = line.cells;
    if (line.problem) this.problem = line.problem;
  }
}

/** Empty lines and rows are skipped, and this limits how many a file may have. */
const rowsMax = 10 * postsMax;
/** More than the columns of any scheduler. A sheet with every column of a spreadsheet program is refused. */
const columnsMax = 100;
const rowBytesMax = 128 * 1024;
/** Read without a pause: some milliseconds. */
const sliceBytes = 16 * 1024;

/**
 * Reads one entry of JSON a line. Empty lines are skipped.
 * @throws invalidBody for more lines than a batch has entries
 */
export async function readLines(bytes: Buffer): Promise<{ posts: BatchLine[] }> {
  const file = withoutByteOrderMark(bytes);
  const posts: BatchLine[] = [];
  let row = 0;
  let turnAt = sliceBytes;
  for (let from = 0; from < file.length; ) {
    const end = file.indexOf('\n', from);
    const to = end < 0 ? file.length : end;
    row += 1;
    if (row > rowsMax) throw tooMany(`The file has more than ${rowsMax} lines.`);
    const line = readLine(file.subarray(from, to), row);
    if (line) posts.push(line);
    if (posts.length > postsMax) throw tooMany(`Send 1 to ${postsMax} posts.`);
    from = to + 1;
    if (from < turnAt) continue;
    turnAt = from + sliceBytes;
    await nextTurn();
  }
  return { posts };
}

function readLine(bytes: Buffer, row: number): BatchLine | null {
  if (bytes.length > entryBytesMax) {
    const message = `Line ${row} is larger than ${entryBytesMax / 1024} KiB.`;
    return new BatchLine({ row, problem: { path: '', code: 'too_large', message } });
  }
  const line = bytes.toString('utf8');
  if (line.trim() === '') return null;
  if (countValues(bytes) > entryValuesMax) return new BatchLine({ row, problem: tooManyValues });
  try {
    return new BatchLine({ row, body: JSON.parse(line) });
  } catch (error) {
    const message = `Line ${row} is not valid JSON: ${error instanceof Error ? error.message : 'malformed'}.`;
    return new BatchLine({ row, problem: { path: '', code: 'malformed', message } });
  }
}

/**
 * Reads a CSV file whose first row names the columns.
 * @throws invalidBody for invalid CSV, without a media column, for a misspelled column, and for too many columns or rows
 */
export async function readSheet(bytes: Buffer): Promise<{ posts: BatchLine[] }> {
  let columns: ReadonlyMap<string, number> | undefined;
  let row = 0;
  const posts: BatchLine[] = [];
  for await (const cells of readRecords(withoutByteOrderMark(bytes))) {
    // Counts rows of the spreadsheet, whose cells may have several lines.
    row += 1;
    if (row > rowsMax) throw tooMany(`The sheet has more than ${rowsMax} rows.`);
    if (columns === undefined) columns = readHeader(cells);
    else if (cells.some((cell) => cell.trim() !== '')) {
      const named = Array.from(columns, ([name, index]) => [name, cells[index] ?? '']);
      posts.push(new BatchLine({ row, cells: Object.fromEntries(named) as Record<string, string> }));
      if (posts.length > postsMax) throw tooMany(`Send 1 to ${postsMax} posts.`);
    }
  }
  if (columns === undefined) {
    throw refuse(
      'header',
      'required',
      'The first row must name the columns, such as "Title" and "Media URL".',
    );
  }
  return { posts };
}

function readHeader(header: readonly string[]): ReadonlyMap<string, number> {
  const misspelled = misspelledColumns(header);
  if (misspelled.length > 0) {
    // Unknown columns are skipped. A skipped date column would schedule the posts at the next slots instead.
    throw invalidBody(
      misspelled.map(({ name, suggestion }) => ({
        path: 'header',
        code: 'unknown_field',
        message: `Unknown column ${JSON.stringify(name.slice(0, 60))}. Did you mean "${suggestion}"? Rename or remove the column.`,
      })),
    );
  }
  const columns = columnsOf(header);
  if (!columns.has('mediaUrl') && !columns.has('mediaId')) {
    throw refuse(
      'header',
      'media_column_missing',
      `The file has no media column. Recognized columns: ${recognizedColumns.join(', ')}.`,
    );
  }
  return columns;
}

/** Yields rows while the file is read, so that a caller can stop early. */
async function* readRecords(bytes: Buffer): AsyncGenerator<string[]> {
  const parser = parseCsv({
    delimiter: delimiterOf(bytes.toString('utf8', 0, 10_000)),
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

const byteOrderMark = Buffer.from('\uFEFF');

/**
 * Removes the byte order mark that spreadsheet programs write.
 * @throws invalidBody for bytes that are not UTF-8: decoding would replace them silently.
 */
function withoutByteOrderMark(bytes: Buffer): Buffer {
  if (!isUtf8(bytes)) {
    throw refuse('', 'not_utf8', 'The file is not UTF-8. Save it as "CSV UTF-8", then send it again.');
  }
  const hasMark = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
  return hasMark ? bytes.subarray(byteOrderMark.length) : bytes;
}

/** The most frequent delimiter of the header. Spreadsheet programs use a semicolon in some countries. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r|\n/, 1);
  const count = (delimiter: string) => header.split(delimiter).length;
  const [mostFrequent = ','] = [',', ';', '\t'].toSorted((a, b) => count(b) - count(a));
  return mostFrequent;
}

function tooMany(message: string) {
  return refuse('posts', 'too_large', message);
}

function refuse(path: string, code: string, message: string) {
  return invalidBody([{ path, code, message }]);
}
