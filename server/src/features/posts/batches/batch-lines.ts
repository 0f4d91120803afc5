// Reads the entries of a batch that is sent as lines of JSON, and what lines and sheets have in common. An entry that cannot
// be read becomes a failed entry; the batch is accepted.
import { isUtf8 } from 'node:buffer';
import { nextTurn } from '../../../platform/clock.ts';
import type { Detail } from '../../../platform/errors.ts';
import { countValues, entryBytesMax } from '../../../platform/http/index.ts';

import { invalidBody } from '../../../platform/use-case/index.ts';
import { postsMax } from './batches.schema.ts';
import type { SheetHeader } from './sheet/columns.ts';
import type { Cells } from './sheet/row.ts';

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
  /** The cells of a sheet, by field. */
  readonly cells?: Cells;
  /** The header of the sheet. */
  readonly header?: SheetHeader;
  /** The reason why the entry cannot be read. */
  readonly problem?: Detail;

  constructor(line: {
    row: number | null;
    body?: unknown;
    cells?: Cells;
    header?: SheetHeader;
    problem?: Detail;
  }) {
    this.row = line.row;
    this.body = line.body;
    if (line.cells) this.cells = line.cells;
    if (line.header) this.header = line.header;
    if (line.problem) this.problem = line.problem;
  }
}

/** Empty lines and rows are skipped, and this limits how many a file may have. */
export const rowsMax = 10 * postsMax;
/** Read without a pause: some milliseconds. */
export const sliceBytes = 16 * 1024;

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
    if (posts.length > postsMax) throw tooManyPosts();
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

const byteOrderMark = Buffer.from('\uFEFF');

/**
 * Removes the byte order mark that spreadsheet programs write.
 * @throws invalidBody for bytes that are not UTF-8: decoding would replace them silently.
 */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  if (!isUtf8(bytes)) {
    throw refuse(
      '',
      'not_utf8',
      'The file is not UTF-8. In Excel, save it as "CSV UTF-8", then send it again.',
    );
  }
  const hasMark = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
  return hasMark ? bytes.subarray(byteOrderMark.length) : bytes;
}

export function tooMany(message: string) {
  return refuse('posts', 'too_large', message);
}

export function tooManyPosts() {
  return tooMany(`Send 1 to ${postsMax} posts. Divide a longer file into several batches.`);
}

export function refuse(path: string, code: string, message: string) {
  return invalidBody([{ path, code, message }]);
}
