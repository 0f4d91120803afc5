import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestClock } from '../../../test/clock.ts';
import { Outage } from '../errors.ts';
import { createFolderStorage } from './folder.ts';
import { describeStorage } from './storage.suite.ts';

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-folder-'));
  folders.push(folder);
  return folder;
}

afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

describeStorage('a folder as storage', async () => {
  const folder = await newFolder();
  const storage = await createFolderStorage({ folder, clock: createTestClock() });
  return { storage, everything: () => filesIn(folder) };
});

describe('a folder as storage', () => {
  it('removes old incomplete files when opened and by `removeAbandoned`, and leaves recent ones unchanged', async () => {
    const folder = await newFolder();
    const clock = createTestClock();
    await mkdir(join(folder, '.incoming'));
    const [old, fresh] = [join(folder, '.incoming', 'old'), join(folder, '.incoming', 'fresh')];
    await writeFile(old, 'x');
    await writeFile(fresh, 'x');
    await utimes(old, clock.now(), new Date(clock.now().getTime() - 3_600_001));
    await utimes(fresh, clock.now(), new Date(clock.now().getTime() - 60_000));
    const storage = await createFolderStorage({ folder, clock });
    expect(await filesIn(folder)).toEqual([fresh]);
    await storage.removeAbandoned();
    expect(await filesIn(folder)).toEqual([fresh]);
    clock.advance(3_600_000);
    await storage.removeAbandoned();
    expect(await filesIn(folder)).toEqual([]);
  });

  it('stores nothing when the disk is full, and throws an Outage', async () => {
    const folder = await newFolder();
    const storage = await createFolderStorage({ folder, clock: createTestClock() });
    // A file where the key needs a folder: writing succeeds and the last step fails, as on a full disk.
    await writeFile(join(folder, 'a'), '');
    await expect(storage.put('a/b', Readable.from([Buffer.from('x')]))).rejects.toThrow(Outage);
    expect(await filesIn(folder)).toEqual([join(folder, 'a')]);
  });

  it('destroys the stream if it cannot begin to write', async () => {
    const folder = await newFolder();
    const storage = await createFolderStorage({ folder, clock: createTestClock() });
    await rm(join(folder, '.incoming'), { recursive: true });
    const source = Readable.from([Buffer.from('x')]);
    await expect(storage.put('a', source)).rejects.toThrow(Outage);
    expect(source.destroyed).toBe(true);
  });
});
