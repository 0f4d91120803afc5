// What came in as a batch, entry by entry: JSON, lines of JSON, or the rows of a spreadsheet. An entry that
// cannot be read is an entry that failed, not a batch that is refused.
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { CsvError, parse as parseCsv } from 'csv-parse';
import { nextTurn } from '../../../platform/clock.ts';
import { type Detail, Refusal } from '../../../platform/errors.ts';
import { entryBytesMax } from '../../../platform/http/bodies/parse-json.ts';
import { countValues } from '../../../platform/http/bodies/scan-json.ts';
import { invalidBody } from '../../../platform/use-case/index.ts';
import { postsMax } from './batches.schema.ts';
import { knownColumns, knownColumnsOf, misspeltColumns } from './sheet-columns.ts';

/** A post with everything at its most has a fifth of it. */
export const entryValuesMax = 1000;

export const tooManyValues: Detail = {
  path: '',
  code: 'too_large',
  message: `The entry has more than ${entryValuesMax} values.`,
};

/** One entry as it came in. */
export class BatchLine {
  /** The line of the file, or the row of the sheet, counted from 1; null in a JSON body. */
  readonly row: number | null;
  /** What it says, as JSON. */
  readonly body?: unknown;
  /** What it says, as the cells of a sheet by the names of our columns. */
  readonly cells?: Readonly<Record<string, string>>;
  /** Why it cannot be read. */
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

/** Lines and rows with nothing in them are passed over, but a file of them is none of posts. */
const rowsMax = 10 * postsMax;
/** More than the columns of any scheduler; a sheet with all that its program has is refused. */
const columnsMax = 100;
const rowBytesMax = 128 * 1024;
/** Read in one go: some milliseconds. */
const sliceBytes = 16 * 1024;

/**
 * JSON, one entry a line; empty lines are passed over.
 * @throws invalidBody for more lines than a batch has entries
 */
export async function readLines(bytes: Buffer): Promise<{ posts: BatchLine[] }> {
  const file = withoutMark(bytes);
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
 * A CSV file with a row of column names.
 * @throws invalidBody when it is none, has no column for the media, misspells a column, or is too wide or too long
 */
export async function readSheet(bytes: Buffer): Promise<{ posts: BatchLine[] }> {
  let columns: ReadonlyMap<string, number> | undefined;
  let row = 0;
  const posts: BatchLine[] = [];
  for await (const cells of readRecords(withoutMark(bytes))) {
    // A row of a spreadsheet, however many lines its cells have.
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
  const misspelt = misspeltColumns(header);
  if (misspelt.length > 0) {
    // Passed over like other columns that mean nothing to us, a misspelt date would send its posts to the next slots.
    throw invalidBody(
      misspelt.map(({ name, meant }) => ({
        path: 'header',
        code: 'unknown_field',
        message: `There is no column ${JSON.stringify(name.slice(0, 60))}. Did you mean "${meant}"? Rename the column, or take it out.`,
      })),
    );
  }
  const columns = knownColumnsOf(header);
  if (!columns.has('mediaUrl') && !columns.has('mediaId')) {
    throw refuse(
      'header',
      'media_column_missing',
      `No column is for the media. These names are known: ${knownColumns.join(', ')}.`,
    );
  }
  return columns;
}

/** The rows as they are read, so that whoever has seen enough need not read the rest. */
async function* readRecords(bytes: Buffer): AsyncGenerator<string[]> {
  const parser = parseCsv({
    delimiter: delimiterOf(bytes.toString('utf8', 0, 10_000)),
    relax_column_count: true,
    max_record_size: rowBytesMax,
    cast(cell, { index, records }) {
      // Here rather than once the row is read: all of a file can be one row.
      if (index < columnsMax) return cell;
      const message = `Row ${records + 1} has more than ${columnsMax} columns. Take out those that are not for posts, empty ones too.`;
      throw refuse(records === 0 ? 'header' : '', 'too_large', message);
    },
  });
  try {
    for await (const cells of Readable.from(slices(bytes)).pipe(parser)) yield cells as string[];
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code = '', message = 'malformed' } = error instanceof CsvError ? error : {};
    if (code === 'CSV_MAX_RECORD_SIZE')
      throw refuse('', 'too_large', `A row has at most ${rowBytesMax / 1024} KiB.`);
    throw refuse('', 'malformed', `The body is not valid CSV: ${message.slice(0, 200)}.`);
  }
}

async function* slices(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += sliceBytes) {
    await nextTurn();
    yield bytes.subarray(from, from + sliceBytes);
  }
}

const mark = Buffer.from('\uFEFF');

/**
 * Without the mark with which spreadsheets begin a file.
 * @throws invalidBody for bytes that are no text: they would be replaced in silence.
 */
function withoutMark(bytes: Buffer): Buffer {
  if (!isUtf8(bytes))
    throw refuse('', 'not_utf8', 'Send UTF-8: of several kinds of CSV, save it as that one.');
  return bytes.subarray(0, mark.length).equals(mark) ? bytes.subarray(mark.length) : bytes;
}

/** Spreadsheets of some countries use the semicolon. The names of columns hold none of these. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r|\n/, 1);
  const count = (sign: string) => header.split(sign).length;
  const [first = ','] = [',', ';', '\t'].toSorted((one, other) => count(other) - count(one));
  return first;
}

function tooMany(message: string) {
  return refuse('posts', 'too_large', message);
}

function refuse(path: string, code: string, message: string) {
  return invalidBody([{ path, code, message }]);
}
