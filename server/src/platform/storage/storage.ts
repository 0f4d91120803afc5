// The interface of a file storage: a few operations over keys. Each driver (a folder, S3) keeps every promise of this file,
// which `storage.suite.ts` tests. Independent of the content of the files.
import type { Readable } from 'node:stream';
import { Outage } from '../errors.ts';

/**
 * Where the bytes of a new object come from: a stream, what is in memory already, or a finished file. That is left where
 * it is, and may be removed, but not be written to any more: a driver may keep it under a second name.
 */
export type StorageSource = Readable | { bytes: Uint8Array } | { file: string };

/** The first and the last byte wanted, both counted from 0 and both included, as HTTP counts them. */
export interface ByteRange {
  first: number;
  last: number;
}

export interface PutOptions {
  /** More bytes than this are an error, and nothing is kept. */
  bytesMax?: number;
}

/** One object of a listing. */
export interface StoredObject {
  key: string;
  bytes: number;
  /** When it was put last. */
  storedAt: Date;
}

export interface ListOptions {
  /** Only keys that begin with this. Any text, also half a name: `tenant/a`. Absent: all. */
  prefix?: string;
  /** Only keys that come after this one, which need not exist. */
  after?: string;
  /** How many at most: 1 to 1000. */
  limit: number;
}

export interface Storage {
  /**
   * Keeps an object, all of it or nothing: a reader sees the old object or the new one, never a part, and after
   * a failure or a crash there is neither a part nor a trace. When it resolves the bytes are on the disk. A
   * stream is used up, or destroyed.
   *
   * @throws what the source threw; ObjectTooLarge when there are more bytes than `bytesMax`; Outage when the
   *   storage cannot take it (disk full, no rights)
   */
  put(key: string, source: StorageSource, options?: PutOptions): Promise<void>;
  /**
   * Opens an object. Without a range, all of it. A range that reaches beyond the end gives what there is.
   *
   * @returns undefined when there is none
   */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** How large an object is; undefined when there is none. */
  stat(key: string): Promise<{ bytes: number } | undefined>;
  /** Forgets an object. One that is not there is forgotten already. */
  remove(key: string): Promise<void>;
  /**
   * One page of what there is, in the order of the keys' bytes. Fewer than `limit` means that there is no more.
   * Objects that are put or removed meanwhile may be in it or not; half-made ones never are.
   */
  list(options: ListOptions): Promise<StoredObject[]>;
  /** Removes what a crash left half made, when it is old enough that nobody can be making it still. */
  removeAbandoned(): Promise<void>;
}

/** The outage of a disk or a storage, as callers see it. They learn that it is full. */
export function storageOutage(cause: unknown): Outage {
  const text = cause instanceof Error ? `${'code' in cause ? cause.code : ''} ${cause.message}` : '';
  const isFull = /ENOSPC|EDQUOT|No space left/.test(text);
  return new Outage('The media storage', cause, isFull ? 'is full' : undefined);
}

/** An object was larger than its maker said it may be. */
export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge';
}

/**
 * Keys are paths of plain names, so that every driver can have them: `tenant/ab/abcd.jpg`.
 *
 * @throws Error for anything else. Keys are made by us, so a bad one is a bug, and never reaches the disk
 */
export function checkKey(key: string): void {
  const isPlain = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(key);
  if (!isPlain || key.length > 500) throw new Error(`"${key}" is not a storage key.`);
}
