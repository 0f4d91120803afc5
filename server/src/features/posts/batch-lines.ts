// What came in as a batch, entry by entry: JSON, lines of JSON, or the rows of a spreadsheet. An entry that
// cannot be read is an entry that failed, not a batch that is refused.
import { isUtf8 } from 'node:buffer';
import { parse as parseCsv } from 'csv-parse/sync';
import type { Detail } from '../../platform/errors.ts';
import { invalidBody } from '../../platform/use-case/index.ts';
import { columnNames, knownColumns, misspeltColumns } from './sheet-columns.ts';

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

/** JSON, one entry a line; empty lines are passed over. */
export function readLines(bytes: Buffer): { posts: BatchLine[] } {
  const posts = textOf(bytes)
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [readLine(line, index + 1)]));
  return { posts };
}

function readLine(line: string, row: number): BatchLine {
  try {
    return new BatchLine({ row, body: JSON.parse(line) });
  } catch (error) {
    const message = `Line ${row} is not valid JSON: ${error instanceof Error ? error.message : 'malformed'}.`;
    return new BatchLine({ row, problem: { path: '', code: 'malformed', message } });
  }
}

/**
 * A CSV file with a row of column names.
 * @throws invalidBody when it is none, has no column for the media, or misspells a column.
 */
export function readSheet(bytes: Buffer): { posts: BatchLine[] } {
  const records = readRecords(textOf(bytes));
  const [header, ...rows] = records;
  if (!header) {
    throw refuse(
      'header',
      'required',
      'The first row must name the columns, such as "Title" and "Media URL".',
    );
  }
  const misspelt = misspeltColumns(header.cells);
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
  const names = columnNames(header.cells);
  if (!names.includes('mediaUrl') && !names.includes('mediaId')) {
    throw refuse(
      'header',
      'media_column_missing',
      `No column is for the media. These names are known: ${knownColumns.join(', ')}.`,
    );
  }
  return {
    posts: rows
      .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''))
      .map(({ row, cells }) => {
        const named = names.flatMap((name, index) => (name === null ? [] : [[name, cells[index] ?? '']]));
        return new BatchLine({ row, cells: Object.fromEntries(named) as Record<string, string> });
      }),
  };
}

function readRecords(text: string): { row: number; cells: string[] }[] {
  try {
    const records = parseCsv(text, {
      delimiter: delimiterOf(text),
      relax_column_count: true,
    }) as string[][];
    // A row of a spreadsheet, however many lines its cells have.
    return records.map((cells, index) => ({ row: index + 1, cells }));
  } catch (error) {
    const message = error instanceof Error ? error.message : 'malformed';
    throw refuse('', 'malformed', `The body is not valid CSV: ${message}.`);
  }
}

/**
 * Without the mark with which spreadsheets begin a file.
 * @throws invalidBody for bytes that are no text: they would be replaced in silence.
 */
function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes))
    throw refuse('', 'not_utf8', 'Send UTF-8: of several kinds of CSV, save it as that one.');
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Spreadsheets of some countries use the semicolon. The names of columns hold none of these. */
function delimiterOf(text: string): string {
  const [header = ''] = text.slice(0, 10_000).split(/\r|\n/, 1);
  const count = (sign: string) => header.split(sign).length;
  const [first = ','] = [',', ';', '\t'].toSorted((one, other) => count(other) - count(one));
  return first;
}

function refuse(path: string, code: string, message: string) {
  return invalidBody([{ path, code, message }]);
}
