// Maps the columns of a spreadsheet to fields of a post, and a row to the body of a create. Recognized are our field names,
// those of Pinterest's bulk upload (Title, Media URL, Pinterest board, Thumbnail, Description, Link, Publish date, Keywords;
// 2026-06), and those of other schedulers.
import { Temporal } from 'temporal-polyfill';
import type { Detail } from '../../../platform/errors.ts';
import { nearest } from '../../../platform/use-case/index.ts';
import type { CreatePost } from '../compose/create-post.schema.ts';

/** The fields that a sheet cannot have. A new field of a post gets a column below, or is named here. */
type NotInSheets =
  | 'boardSectionId'
  | 'carousel'
  | 'cover'
  | 'intervalBoards'
  | 'intervalDays'
  | 'now'
  | 'productTagPinIds'
  | 'useNextOpenSlot';

/** Our fields with other names of their columns. Case, spaces and punctuation are ignored. */
const columns: Record<Exclude<keyof CreatePost, NotInSheets> | 'thumbnail', readonly string[]> = {
  mediaUrl: ['Media URL', 'Image URL', 'Video URL', 'Image', 'Image link', 'Media', 'Photo URL'],
  mediaId: [],
  mediaType: ['Media type'],
  title: ['Pin title', 'Headline'],
  description: ['Pin description', 'Caption', 'Text'],
  url: ['Link', 'Source URL', 'Destination URL', 'Destination link', 'Website', 'Website URL', 'Source'],
  boardId: ['Pinterest board', 'Board', 'Board name', 'Board ID', 'Boards'],
  altText: ['Alt', 'Alternative text', 'Image alt text'],
  sendAt: [
    'Publish date',
    'Publish at',
    'Published at',
    'Date',
    'Schedule',
    'Scheduled at',
    'Schedule date',
    'Date time',
    'Post date',
    'Send at',
  ],
  tags: ['Keywords', 'Tag', 'Labels'],
  externalId: ['External ID', 'ID', 'SKU'],
  thumbnail: ['Cover', 'Cover image', 'Cover image URL'],
  isSimplifiedPin: ['Simplified Pin'],
};

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

const fieldOf = new Map(
  Object.entries(columns).flatMap(([field, names]) => [field, ...names].map((name) => [plain(name), field])),
);

/** The names that error messages list. */
export const recognizedColumns = Object.entries(columns).map(([field, [first]]) => first ?? field);

/** Returns the index of the column of each of our fields. */
export function columnsOf(header: readonly string[]): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  for (const [index, name] of header.entries()) {
    const field = fieldOf.get(plain(name));
    // The first of two columns for the same field counts.
    if (field !== undefined && !indexes.has(field)) indexes.set(field, index);
  }
  return indexes;
}

/** Returns unknown columns that are similar to a recognized one that the sheet does not have. */
export function misspelledColumns(header: readonly string[]): { name: string; suggestion: string }[] {
  const present = columnsOf(header);
  const missing = [...fieldOf].flatMap(([name, field]) => (present.has(field) ? [] : [name]));
  return header.flatMap((name) => {
    const near = fieldOf.has(plain(name)) ? undefined : nearest(plain(name), missing);
    const field = near === undefined ? undefined : fieldOf.get(near);
    return field === undefined ? [] : [{ name, suggestion: field }];
  });
}

export interface RowContext {
  /** The time zone of times without an offset. */
  timezone: string;
  /** Returns the id of the account's board with this name or id; undefined if none or several match. */
  findBoard(nameOrId: string): string | undefined;
}

/** The columns whose text is the value of the field. */
const textColumns = [
  'mediaUrl',
  'mediaId',
  'title',
  'description',
  'url',
  'altText',
  'externalId',
] as const satisfies (keyof typeof columns)[];

/** Returns the body of a create for a row, or the problems of the row. A blank time means the next open slot. */
export function readRow(
  cells: Readonly<Record<string, string>>,
  { timezone, findBoard }: RowContext,
): { body: Record<string, unknown> } | { details: Detail[] } {
  const details: Detail[] = [];
  const text = (name: string) => cells[name]?.trim() || undefined;
  const body: Record<string, unknown> = {};
  for (const name of textColumns) {
    if (text(name) !== undefined) body[name] = text(name);
  }
  const isVideo = (text('mediaType') ?? typeByName(text('mediaUrl'))).toLowerCase() === 'video';
  if (isVideo) body.mediaType = 'video';
  const board = text('boardId');
  // A name without a board is left unchanged, so that the check of boards can suggest similar ones.
  if (board !== undefined) body.boardId = findBoard(board) ?? board;
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
  const time = text('sendAt');
  if (time === undefined) body.useNextOpenSlot = true;
  else {
    const sendAt = toMoment(time, timezone);
    if (sendAt === undefined) details.push(badTime(time));
    else body.sendAt = sendAt;
  }
  return details.length > 0 ? { details } : { body };
}

function badTime(time: string): Detail {
  return {
    path: 'sendAt',
    code: 'invalid_time',
    message: `${JSON.stringify(time.slice(0, 60))} is not a date with a time. Write it as 2027-03-01T09:00:00, or with an offset.`,
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

/** Returns RFC 3339. A time without an offset is in the account's time zone. */
function toMoment(text: string, timezone: string): string | undefined {
  const iso = text.replace(/^(\d{4}-\d{2}-\d{2}) +/, '$1T').replaceAll(' ', '');
  if (!/^\d{4}-\d{2}-\d{2}T\d/i.test(iso)) return undefined;
  const hasOffset = /(z|[+-]\d{2}:?\d{2})$/i.test(iso);
  try {
    const moment = hasOffset
      ? Temporal.Instant.from(iso)
      : Temporal.PlainDateTime.from(iso).toZonedDateTime(timezone).toInstant();
    return moment.toString();
  } catch {
    return undefined;
  }
}
