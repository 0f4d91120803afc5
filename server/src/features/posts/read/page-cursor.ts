// The cursor of a list of posts: the position of the last entry of a page. Opaque to callers.
import { z } from 'zod';
import { invalidQuery } from '../../../platform/use-case/index.ts';
import type { ListStatus } from './list-posts.queries.ts';

const shape = z.tuple([z.string(), z.int().min(0).max(8.64e15), z.string().max(60)]);

export interface ListPosition {
  listedAt: Date;
  id: string;
}

export function encodeCursor(status: ListStatus, position: ListPosition): string {
  return Buffer.from(JSON.stringify([status, position.listedAt.getTime(), position.id])).toString(
    'base64url',
  );
}

/** @throws invalidQuery for anything but a cursor of a list with this status. */
export function decodeCursor(status: ListStatus, cursor: string): ListPosition {
  const parsed = shape.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (!parsed.success || parsed.data[0] !== status || parsed.data[2].includes('\0')) {
    throw invalidQuery([
      {
        path: 'cursor',
        code: 'invalid_cursor',
        message:
          'Invalid cursor for this list. Send `data.cursor` of the previous page, with the same status.',
      },
    ]);
  }
  return { listedAt: new Date(parsed.data[1]), id: parsed.data[2] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
