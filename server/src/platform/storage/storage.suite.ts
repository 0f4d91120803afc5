// Tests of the Storage interface, run for every driver.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ListOptions, ObjectTooLarge, type Storage } from './storage.ts';

export interface StorageUnderTest {
  storage: Storage;
  /** Returns the names of all files of the driver, including incomplete ones. */
  everything(): Promise<string[]>;
}

export function describeStorage(name: string, openStorage: () => Promise<StorageUnderTest>): void {
  describe(name, () => {
    let storage: Storage;
    let everything: StorageUnderTest['everything'];
    let folder: string;

    beforeEach(async () => {
      ({ storage, everything } = await openStorage());
      folder = await mkdtemp(join(tmpdir(), 'pintail-storage-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const bytesOf = async (key: string, range?: { first: number; last: number }) => {
      const stream = await storage.read(key, range);
      return stream && Buffer.concat(await stream.toArray());
    };
    const text = async (key: string, range?: { first: number; last: number }) =>
      (await bytesOf(key, range))?.toString();
    const put = (key: string, content: string) => storage.put(key, Readable.from([Buffer.from(content)]));

    it('stores a stream byte for byte', async () => {
      const bytes = randomBytes(3_000_000);
      const chunks = Array.from({ length: 30 }, (_, index) =>
        bytes.subarray(index * 100_000, (index + 1) * 100_000),
      );
      await storage.put('org_1/ab/abcd.jpg', Readable.from(chunks));
      expect((await bytesOf('org_1/ab/abcd.jpg'))?.equals(bytes)).toBe(true);
      expect(Buffer.from((await storage.readWhole('org_1/ab/abcd.jpg')) ?? []).equals(bytes)).toBe(true);
      expect(await storage.stat('org_1/ab/abcd.jpg')).toEqual({ bytes: 3_000_000 });
    });

    it('stores a file and leaves it in place', async () => {
      const file = join(folder, 'source');
      await writeFile(file, 'content');
      await storage.put('a', { file });
      expect(await text('a')).toBe('content');
      expect(await readFile(file, 'utf8')).toBe('content');
    });

    it('stores bytes from memory', async () => {
      await storage.put('a', { bytes: Buffer.from('content') });
      expect(await text('a')).toBe('content');
    });

    it('stores an empty object', async () => {
      await put('a', '');
      expect(await text('a')).toBe('');
      expect(await storage.stat('a')).toEqual({ bytes: 0 });
    });

    it('returns undefined for objects that do not exist', async () => {
      await put('a', 'x');
      for (const key of ['b', 'b/c', 'a/b']) {
        expect(await storage.read(key)).toBeUndefined();
        expect(await storage.readWhole(key)).toBeUndefined();
        expect(await storage.stat(key)).toBeUndefined();
      }
    });

    it('does not treat a folder as an object', async () => {
      await put('a/b', 'x');
      expect(await storage.stat('a')).toBeUndefined();
    });

    it('reads a range, counted from 0, including both ends', async () => {
      await put('a', '0123456789');
      expect(await text('a', { first: 0, last: 0 })).toBe('0');
      expect(await text('a', { first: 3, last: 5 })).toBe('345');
      expect(await text('a', { first: 8, last: 99 })).toBe('89');
    });

    it('replaces an object completely', async () => {
      await put('a', 'the first, which is longer');
      await put('a', 'second');
      expect(await text('a')).toBe('second');
    });

    it('returns the old object to a reader that began before a replacement', async () => {
      await put('a', 'old');
      const reading = await storage.read('a');
      await put('a', 'new');
      expect((await reading?.toArray())?.join('')).toBe('old');
    });

    it('stores one of several objects that are put concurrently with the same key', async () => {
      const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
      await Promise.all(contents.map((content) => put('a', content)));
      expect(contents).toContain(await text('a'));
      expect(await everything()).toHaveLength(1);
    });

    it('removes an object, and ignores one that does not exist', async () => {
      await put('a/b', 'x');
      await storage.remove('a/b');
      await storage.remove('a/b');
      await storage.remove('c');
      expect(await storage.stat('a/b')).toBeUndefined();
      expect(await everything()).toEqual([]);
    });

    describe('a list', () => {
      const keys = ['a.b', 'a/a', 'a/b.c', 'a/b/c', 'a0', 'b', 'c/d/e'];
      const listed = async (options: Omit<ListOptions, 'limit'> & { limit?: number } = {}) =>
        (await storage.list({ limit: 1000, ...options })).map(({ key }) => key);
      beforeEach(async () => {
        for (const key of keys.toReversed()) await put(key, key);
      });

      it('a list is in the byte order of whole keys, with the size of each object', async () => {
        expect(await listed()).toEqual(keys);
        const objects = await storage.list({ limit: 1000 });
        expect(objects.map(({ bytes }) => bytes)).toEqual(keys.map((key) => key.length));
        for (const { storedAt } of objects) expect(storedAt.getTime()).toBeGreaterThan(1_700_000_000_000);
      });

      it.each(keys.map((_key, index) => index + 1))(
        'a list in pages of %i is the same list',
        async (limit) => {
          const keysListed: string[] = [];
          for (let after: string | undefined; ; after = keysListed.at(-1)) {
            const page = await listed({ limit, ...(after !== undefined && { after }) });
            keysListed.push(...page);
            if (page.length < limit) break;
          }
          expect(keysListed).toEqual(keys);
        },
      );

      it('a list begins after a key that may not exist', async () => {
        expect(await listed({ after: 'a/b' })).toEqual(['a/b.c', 'a/b/c', 'a0', 'b', 'c/d/e']);
        expect(await listed({ after: 'a/b/c' })).toEqual(['a0', 'b', 'c/d/e']);
        expect(await listed({ after: 'z' })).toEqual([]);
      });

      it('a list has only keys with the prefix, which can end within a name', async () => {
        expect(await listed({ prefix: 'a/' })).toEqual(['a/a', 'a/b.c', 'a/b/c']);
        expect(await listed({ prefix: 'a/b' })).toEqual(['a/b.c', 'a/b/c']);
        expect(await listed({ prefix: 'a', after: 'a/b.c' })).toEqual(['a/b/c', 'a0']);
        expect(await listed({ prefix: 'd' })).toEqual([]);
      });

      it('a list does not have removed objects', async () => {
        await storage.remove('c/d/e');
        expect(await listed({ prefix: 'c' })).toEqual([]);
      });

      it('a list does not have incomplete objects', async () => {
        const begun = Promise.withResolvers<void>();
        const end = Promise.withResolvers<void>();
        const slow = async function* () {
          yield Buffer.alloc(200_000);
          begun.resolve();
          await end.promise;
        };
        const putting = storage.put('half', Readable.from(slow()));
        await begun.promise;
        expect(await listed()).toEqual(keys);
        end.resolve();
        await putting;
        expect(await listed({ prefix: 'half' })).toEqual(['half']);
      });

      it('a list is not changed by `removeAbandoned`', async () => {
        await storage.removeAbandoned();
        expect(await listed()).toEqual(keys);
      });
    });

    it('stores nothing of a stream that fails, and preserves the old object', async () => {
      const broken = async function* () {
        yield Buffer.alloc(100_000);
        throw new Error('the source broke');
      };
      await expect(storage.put('new', Readable.from(broken()))).rejects.toThrow('the source broke');
      expect(await everything()).toEqual([]);
      await put('old', 'old');
      await expect(storage.put('old', Readable.from(broken()))).rejects.toThrow('the source broke');
      expect(await text('old')).toBe('old');
      expect(await everything()).toHaveLength(1);
    });

    it('stores nothing of an object that exceeds `bytesMax`', async () => {
      const file = join(folder, 'source');
      await writeFile(file, '123456');
      await expect(storage.put('a', { file }, { bytesMax: 5 })).rejects.toThrow(ObjectTooLarge);
      const source = Readable.from([Buffer.from('123'), Buffer.from('456')]);
      await expect(storage.put('a', source, { bytesMax: 5 })).rejects.toThrow(ObjectTooLarge);
      const bytes = Buffer.from('123456');
      await expect(storage.put('a', { bytes }, { bytesMax: 5 })).rejects.toThrow(ObjectTooLarge);
      expect(await everything()).toEqual([]);
      await storage.put('a', { file }, { bytesMax: 6 });
      expect(await text('a')).toBe('123456');
    });

    it.each([
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      '../a',
      'a/../b',
      'a/./b',
      '.a',
      'a/.b',
      'a\\b',
      'a b',
      'a\0b',
      'ä',
    ])('refuses %j as a key', async (key) => {
      await expect(put(key, 'x')).rejects.toThrow('is not a storage key');
      await expect(storage.read(key)).rejects.toThrow('is not a storage key');
      await expect(storage.readWhole(key)).rejects.toThrow('is not a storage key');
      await expect(storage.stat(key)).rejects.toThrow('is not a storage key');
      await expect(storage.remove(key)).rejects.toThrow('is not a storage key');
    });
  });
}
