// The columns of a sheet, by the names that Pinterest's bulk upload, this API and other schedulers give them. Case, spaces and
// punctuation of names are ignored.
import { nearest } from '../../../../platform/use-case/index.ts';
import type { CreatePost } from '../../compose/create-post.schema.ts';

/** The fields that a sheet cannot have. A new field of a post gets a column below, or is named here. */
type NotInSheets =
  | 'carousel'
  | 'cover'
  | 'intervalBoards'
  | 'intervalDays'
  | 'now'
  | 'productTagPinIds'
  | 'useNextOpenSlot';

/** The meaning of a column: a field of a post, or one of the columns that only sheets have. */
export type SheetField =
  | Exclude<keyof CreatePost, NotInSheets>
  /** The time of day, beside a column of dates. */
  | 'time'
  /** Whether the row was published elsewhere. */
  | 'status'
  | 'thumbnail';

interface Names {
  /** Names that can mean nothing else. If a sheet has one of them, the looser names of the field are ignored. */
  exact?: readonly string[];
  /** The first is the one that error messages use. */
  names: readonly string[];
}

const columns: Record<SheetField, Names> = {
  mediaUrl: {
    names: [
      'Media URL',
      'mediaUrl',
      'Image URL',
      'Video URL',
      'Picture URL',
      'Image',
      'Image link',
      'Media',
      'Media link',
      'Picture',
      'Photo',
      'Photo URL',
    ],
  },
  mediaId: { names: ['mediaId'] },
  mediaType: { names: ['Media type'] },
  title: { exact: ['Pin title', 'Pinterest title'], names: ['Title', 'Headline'] },
  description: {
    exact: ['Pin description', 'Pinterest description'],
    names: ['Description', 'Caption', 'Text'],
  },
  url: {
    exact: ['Pin link', 'Pin URL', 'Destination URL', 'Destination link'],
    names: ['Link', 'URL', 'Source URL', 'Website', 'Website URL', 'Source'],
  },
  boardId: {
    exact: ['boardId', 'Pinterest board ID'],
    names: ['Pinterest board', 'Board', 'Board name', 'Boards', 'Pin board'],
  },
  boardSectionId: {
    exact: ['boardSectionId', 'Section ID'],
    names: ['Board section', 'Section', 'Section name', 'Board section name', 'Pinterest section'],
  },
  altText: { names: ['Alt text', 'Alt', 'Alternative text', 'Image alt text', 'Pin alt text'] },
  sendAt: {
    exact: ['sendAt', 'Pin date', 'Pinterest date'],
    names: [
      'Publish date',
      'Publish at',
      'Published at',
      'Publish on',
      'Publication date',
      'Date',
      'Date time',
      'Date and time',
      'Due at',
      'Due date',
      'Go live',
      'Post at',
      'Post date',
      'Posting date',
      'Release at',
      'Release date',
      'Schedule',
      'Schedule at',
      'Schedule date',
      'Scheduled',
      'Scheduled at',
      'Scheduled date',
      'Scheduled for',
      'Scheduled on',
      'When',
    ],
  },
  time: {
    names: [
      'Time',
      'Hour',
      'Publish time',
      'Post time',
      'Posting time',
      'Schedule time',
      'Scheduled time',
      'Time of day',
    ],
  },
  tags: { names: ['Keywords', 'Tags', 'Tag', 'Labels'] },
  externalId: { names: ['External ID'] },
  status: {
    names: ['Status', 'State', 'Pin status', 'Post status', 'Publish status', 'Published', 'Posted'],
  },
  thumbnail: { names: ['Thumbnail', 'Cover', 'Cover image', 'Cover image URL'] },
  isSimplifiedPin: { names: ['Simplified Pin', 'isSimplifiedPin'] },
};

/** The columns of Pinterest's bulk upload (2026-06). */
const pinterestColumns = [
  'Title',
  'Media URL',
  'Pinterest board',
  'Thumbnail',
  'Description',
  'Link',
  'Publish date',
  'Keywords',
];

/** Columns that are not recognized and whose cells look like ids of the caller. */
const ownIds = ['guid', 'uuid', 'key', 'pinkey', 'pinid', 'rowid', 'postid', 'uid'];

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

const known = new Map<string, { field: SheetField; isExact: boolean; name: string }>();
for (const [field, { exact = [], names }] of Object.entries(columns) as [SheetField, Names][]) {
  for (const name of names) known.set(plain(name), { field, isExact: false, name });
  for (const name of exact) known.set(plain(name), { field, isExact: true, name });
}

/** The name of a field's column in messages. */
export const columnName = (field: SheetField) => columns[field].names[0] ?? field;

/** The names that error messages list. */
export const recognizedColumns = Object.values(columns).map(({ names: [first] }) => first ?? '');

/** A column that is not read, and the name that it would have to be read, if we can guess it. */
export interface IgnoredColumn {
  name: string;
  suggestion: string | null;
}

export interface SheetHeader {
  /** The names as they were sent. */
  names: readonly string[];
  /** The indexes of the columns of a field. Most fields have one. */
  fields: ReadonlyMap<SheetField, readonly number[]>;
  ignored: readonly IgnoredColumn[];
  /** The indexes of columns that are not recognized. */
  unknown: readonly number[];
  /** The number of columns, without nameless ones at the end. */
  width: number;
  /** The columns are those of Pinterest's bulk upload, whose times are in UTC. */
  isPinterests: boolean;
}

/** Assigns the columns to fields. */
export function readHeader(names: readonly string[]): SheetHeader {
  const matches = new Map<SheetField, { index: number; isExact: boolean }[]>();
  const unknown: number[] = [];
  for (const [index, name] of names.entries()) {
    const match = known.get(plain(name));
    if (match) matches.set(match.field, [...(matches.get(match.field) ?? []), { index, ...match }]);
    else if (name.trim() !== '') unknown.push(index);
  }
  const fields = new Map<SheetField, readonly number[]>();
  const looser: number[] = [];
  for (const [field, all] of matches) {
    const hasExact = all.some(({ isExact }) => isExact);
    fields.set(
      field,
      all.flatMap(({ index, isExact }) => (isExact === hasExact ? index : [])),
    );
    if (hasExact) looser.push(...all.flatMap(({ index, isExact }) => (isExact ? [] : index)));
  }
  const present = names.map(plain).filter((name) => name !== '');
  return {
    names,
    fields,
    unknown,
    ignored: [...unknown, ...looser]
      .toSorted((a, b) => a - b)
      .map((index) => ({
        name: (names[index] ?? '').trim().slice(0, 60),
        suggestion: suggestionFor(names[index] ?? '', fields),
      })),
    width: names.findLastIndex((name) => name.trim() !== '') + 1,
    isPinterests:
      present.length === pinterestColumns.length &&
      pinterestColumns.every((name) => present.includes(plain(name))),
  };
}

function suggestionFor(name: string, fields: SheetHeader['fields']): string | null {
  return ownIds.includes(plain(name)) && !fields.has('externalId') ? columnName('externalId') : null;
}

/** Returns unknown columns whose names are similar to a recognized one that the sheet does not have. */
export function misspelledColumns({ names, unknown, fields }: SheetHeader): IgnoredColumn[] {
  const missing = [...known].flatMap(([name, { field }]) => (fields.has(field) ? [] : [name]));
  return unknown.flatMap((index) => {
    const name = names[index] ?? '';
    const near = ownIds.includes(plain(name)) ? undefined : nearest(plain(name), missing);
    const suggestion = near === undefined ? undefined : known.get(near)?.name;
    return suggestion === undefined ? [] : [{ name, suggestion }];
  });
}
