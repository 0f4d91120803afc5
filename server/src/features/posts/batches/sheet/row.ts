// Maps a row of a sheet to the body of a create.
import type { Detail } from '../../../../platform/errors.ts';
import { columnName, type SheetField } from './columns.ts';
import { quote } from './quote.ts';
import { readTime } from './times.ts';

export type Cells = Readonly<Partial<Record<SheetField, string>>>;

/** The context that all rows of a sheet share. */
export interface RowContext {
  /** The time zone of times without an offset. */
  timezone: string;
  /** The sheet has a column of times, so a blank cell means the next open slot. Without one, rows are drafts. */
  hasTimes: boolean;
  /** Returns the account's board, and section, that a cell names; see places.ts. */
  findPlace(
    board: string,
    section: string | undefined,
  ): { boardId: string; boardSectionId?: string | undefined };
}

/** The columns whose text is the value of the field. */
const textColumns = ['mediaUrl', 'mediaId', 'title', 'description', 'url', 'altText', 'externalId'] as const;

/** Values of a status column that say that the row was published. */
const doneStatus = /^(published|posted|sent|done|completed?|live|pinned|success(ful)?|yes|true|x|1)$/i;

/** Returns the body of a create for a row, or the problems of the row. */
export function readRow(
  cells: Cells,
  { timezone, hasTimes, findPlace }: RowContext,
): { body: Record<string, unknown> } | { details: Detail[] } {
  const text = (name: SheetField) => cells[name]?.trim() || undefined;
  const status = text('status');
  if (status !== undefined && doneStatus.test(status)) return { details: [alreadyPublished(status)] };
  const body: Record<string, unknown> = {};
  for (const name of textColumns) {
    if (text(name) !== undefined) body[name] = text(name);
  }
  const isVideo = (text('mediaType') ?? typeByName(text('mediaUrl'))).toLowerCase() === 'video';
  if (isVideo) body.mediaType = 'video';
  const board = text('boardId');
  const section = text('boardSectionId');
  if (board !== undefined) Object.assign(body, findPlace(board, section));
  else if (section !== undefined) body.boardSectionId = section;
  const tags = text('tags')
    ?.split(',')
    .flatMap((tag) => tag.trim() || []);
  if (tags) body.tags = [...new Set(tags)];
  const simplified = text('isSimplifiedPin');
  if (simplified !== undefined) body.isSimplifiedPin = !/^(no|false|0|n)$/i.test(simplified);
  const thumbnail = text('thumbnail');
  if (thumbnail !== undefined && isVideo) {
    const seconds = toSeconds(thumbnail);
    body.cover = seconds === undefined ? { mediaUrl: thumbnail } : { seconds };
  }
  const date = text('sendAt') ?? text('time');
  if (date === undefined) return { body: hasTimes ? { ...body, useNextOpenSlot: true } : body };
  // A sheet may have the whole moment in a column that is called "Time".
  const time = text('sendAt') === undefined ? '' : (text('time') ?? '');
  const read = readTime(date, time, timezone);
  if (read.kind === 'invalid') {
    return { details: [{ path: 'sendAt', code: 'invalid_time', message: read.message }] };
  }
  return { body: { ...body, sendAt: read.sendAt } };
}

function alreadyPublished(status: string): Detail {
  return {
    path: '',
    code: 'already_published',
    message: `The column "${columnName('status')}" says ${quote(status)}. To publish the row again, clear that cell.`,
  };
}

function typeByName(address: string | undefined): 'image' | 'video' {
  const path = address && URL.canParse(address) ? new URL(address).pathname : '';
  return /\.(mp4|mov|m4v|qt)$/i.test(path) ? 'video' : 'image';
}

/** `5`, `0:05` and `00:00:05` are five seconds into the video. */
function toSeconds(text: string): number | undefined {
  if (!/^\d{1,3}(:\d{1,2}){0,2}$/.test(text)) return undefined;
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}
