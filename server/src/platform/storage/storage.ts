// The interface of a file storage. Each driver (a folder, S3) implements everything that is documented here, which
// `storage.suite.ts` tests. Independent of the content of the files.
import type { Readable } from 'node:stream';
import { Outage } from '../errors.ts';

/**
 * The source of a new object: a stream, bytes, or a complete file. The file is left in place. It can be removed later,
 * but must not be changed, because a driver may store it as a hard link.
 */
export type StorageSource = Readable | { bytes: Uint8Array } | { file: string };

/** The first and the last byte of a range, both counted from 0 and both included, as in HTTP. */
export interface ByteRange {
  first: number;
  last: number;
}

export interface PutOptions {
  /** The maximum size. A larger object is an error, and nothing is stored. */
  bytesMax?: number;
}

/** An entry of a list. */
export interface StoredObject {
  key: string;
  bytes: number;
  /** The time of the last put. */
  storedAt: Date;
}

export interface ListOptions {
  /** Lists only keys with this prefix, which can end within a name: `tenant/a`. */
  prefix?: string;
  /** Lists only keys after this one, which may not exist. */
  after?: string;
  /** The maximum number of entries, 1 to 1000. */
  limit: number;
}

export interface Storage {
  /**
   * Stores an object atomically: readers see the old object or the new one, never a part, also after a failure or a
   * crash. When it resolves, the object is durable. A stream is read completely or destroyed.
   *
   * @throws The error of the source; ObjectTooLarge if there are more than `bytesMax` bytes; Outage if the storage cannot
   *   store it (disk full, missing permissions)
   */
  put(key: string, source: StorageSource, options?: PutOptions): Promise<void>;
  /**
   * Opens an object or a range of it, which may end beyond the end of the object. Returns undefined if there is no
   * object.
   */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Reads a whole object into memory: only for kinds of files with a small limit. Undefined if there is no object. */
  readWhole(key: string): Promise<Uint8Array | undefined>;
  /** Returns the size of an object, or undefined if there is no object. */
  stat(key: string): Promise<{ bytes: number } | undefined>;
  /** Removes an object. Does nothing if there is no object. */
  remove(key: string): Promise<void>;
  /**
   * Returns a page of objects in the byte order of their keys. The last page has fewer than `limit`. Objects that are
   * put or removed meanwhile may be missing or present; incomplete ones are never included.
   */
  list(options: ListOptions): Promise<StoredObject[]>;
  /** Removes incomplete objects that a crash left, if they are old enough not to be in progress. */
  removeAbandoned(): Promise<void>;
}

/** Creates the Outage of a disk or a storage. Its message says if the storage is full. */
export function storageOutage(cause: unknown): Outage {
  const text = cause instanceof Error ? `${'code' in cause ? cause.code : ''} ${cause.message}` : '';
  const isFull = /ENOSPC|EDQUOT|No space left/.test(text);
  return new Outage('The media storage', cause, isFull ? 'is full' : undefined);
}

/** The object is larger than `bytesMax`. */
export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge';
}

/**
 * Checks that a key is a path of plain names that every driver supports: `tenant/ab/abcd.jpg`.
 *
 * @throws Error for an invalid key. Only Pintail creates keys, so this is a bug
 */
export function checkKey(key: string): void {
  const isPlain = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(key);
  if (!isPlain || key.length > 500) throw new Error(`"${key}" is not a storage key.`);
}
