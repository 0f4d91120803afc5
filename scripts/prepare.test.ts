import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

// Uses a sample project with a fake npm, which records that it was called.
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pintail-prepare-'));
  await mkdir(join(root, 'scripts'));
  await cp(fileURLToPath(new URL('./prepare.js', import.meta.url)), join(root, 'scripts/prepare.js'));
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(join(root, 'npm.js'), pretendedNpm);
  await writeLock({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } });
});
afterEach(() => rm(root, { recursive: true }));

const pretendedNpm = `
import { appendFileSync, copyFileSync, existsSync, mkdirSync, rmSync, watch } from 'node:fs';
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
if (existsSync('broken')) {
  console.error('npm error: the registry cannot be reached');
  process.exit(1);
}
if (existsSync('busy')) throw new Error('two at once');
mkdirSync('busy');
console.log('npm talks a lot');
rmSync('node_modules', { recursive: true, force: true });
// Blocks until the test releases it.
await new Promise((done) => {
  const watcher = watch('.', look);
  look();
  function look() {
    if (existsSync('held')) return;
    watcher.close();
    done();
  }
});
mkdirSync('node_modules');
copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
rmSync('busy', { recursive: true });
`;

async function writeLock(packages: Record<string, object>): Promise<void> {
  await writeFile(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { '': { name: 'x' }, server: { version: '0.1.0' }, ...packages } }),
  );
}

async function writeInstalled(packages: Record<string, object>): Promise<void> {
  await mkdir(join(root, 'node_modules'), { recursive: true });
  await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

const calls = () => readFile(join(root, 'calls'), 'utf8').catch(() => '');

interface Result {
  code: number | null;
  output: string;
}

function prepare(
  environment: Record<string, string> = {},
  onSay: (text: string) => void = () => {},
): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(execPath, [join(root, 'scripts/prepare.js')], {
      env: {
        PATH: `${execPath.replace(/\/node$/, '')}:/usr/bin:/bin`,
        npm_execpath: join(root, 'npm.js'),
        npm_node_execpath: execPath,
        npm_lifecycle_event: 'prestart',
        ...environment,
      },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
      onSay(String(chunk));
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

const a = { version: '1.0.0', integrity: 'sha512-a' };

describe('installing', () => {
  test('a fresh clone is installed, with one line of output', async () => {
    const { code, output } = await prepare();
    expect(await calls()).toBe('ci\n');
    expect(output).toMatch(/^Installing [^\n]*\n$/);
    expect(code).toBe(0);
  });

  test('an installed clone is not installed again, without output', async () => {
    await prepare();
    expect(await prepare()).toEqual({ code: 0, output: '' });
    expect(await calls()).toBe('ci\n');
  });

  test.each([
    { what: 'a package of another version', installed: { 'node_modules/a': { ...a, version: '0.9.0' } } },
    {
      what: 'a package with other contents',
      installed: { 'node_modules/a': { ...a, integrity: 'sha512-b' } },
    },
    { what: 'a package missing', installed: {} },
  ])('happens with $what', async ({ installed }) => {
    await writeInstalled(installed);
    await prepare();
    expect(await calls()).toBe('ci\n');
  });

  test('an interrupted installation is repeated', async () => {
    await mkdir(join(root, 'node_modules/a'), { recursive: true });
    await prepare();
    expect(await calls()).toBe('ci\n');
  });

  test('a missing package of another platform causes no installation', async () => {
    await writeLock({ 'node_modules/a': a, 'node_modules/win': { version: '1.0.0', optional: true } });
    await writeInstalled({ 'node_modules/a': a });
    await prepare();
    expect(await calls()).toBe('');
  });

  test.each(['prestart', 'prepintail'])(
    'missing development packages cause no installation in %s',
    async (event) => {
      await writeLock({ 'node_modules/a': a, 'node_modules/tool': { version: '1.0.0', dev: true } });
      await writeInstalled({ 'node_modules/a': a });
      await prepare({ npm_lifecycle_event: event });
      expect(await calls()).toBe('');
    },
  );

  test.each(['pretest', 'pretest:quick', 'precheck', 'pregenerate'])(
    'of development packages happens in %s',
    async (event) => {
      await writeLock({ 'node_modules/a': a, 'node_modules/tool': { version: '1.0.0', dev: true } });
      await writeInstalled({ 'node_modules/a': a });
      await prepare({ npm_lifecycle_event: event });
      expect(await calls()).toBe('ci\n');
    },
  );

  test('every npm script has a pre-script that installs', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const names = Object.keys(scripts).filter((name) => !name.startsWith('pre'));
    const expected = names.map((name) => [`pre${name}`, 'node scripts/prepare.js']);
    expect(Object.entries(scripts).filter(([name]) => name.startsWith('pre'))).toEqual(expected);
    expect(names).toContain('check');
  });

  test('several concurrent starts install once', async () => {
    await writeFile(join(root, 'held'), '');
    let waiting = 0;
    const count = (text: string) => {
      if (text.includes('Waiting for another npm ci')) waiting += 1;
    };
    const running = Promise.all([prepare({}, count), prepare({}, count), prepare({}, count)]);
    await Promise.race([running, expect.poll(() => waiting, { timeout: 20_000 }).toBe(2)]);
    await rm(join(root, 'held'));
    const results = await running;
    expect(
      results.map(({ code }) => code),
      JSON.stringify(results),
    ).toEqual([0, 0, 0]);
    expect(await calls()).toBe('ci\n');
  });

  test('the lock of a killed process does not block an installation', async () => {
    await mkdir(join(root, '.pintail'));
    await writeFile(join(root, '.pintail/prepare.lock'), String(2 ** 31 - 1));
    expect((await prepare()).code).toBe(0);
    expect(await calls()).toBe('ci\n');
  });

  test("a failed installation prints npm's output, and the next start retries", async () => {
    await writeFile(join(root, 'broken'), '');
    const { code, output } = await prepare();
    expect(code).toBe(1);
    expect(output).toContain('npm error: the registry cannot be reached');
    expect(output).toMatch(/npm ci failed; its output is above/);
    await rm(join(root, 'broken'));
    expect((await prepare()).code).toBe(0);
  });
});

describe('Node', () => {
  beforeEach(async () => {
    await writeInstalled({ 'node_modules/a': a });
    await mkdir(join(root, 'node_modules/.bin'));
    await mkdir(join(root, 'system'));
    await writeFile(join(root, 'system/node'), '#!/bin/sh\necho v20.1.0\n', { mode: 0o755 });
  });

  const withOldSystem = () => prepare({ PATH: `${join(root, 'system')}:/usr/bin:/bin` });

  test('the Node of the packages is sufficient, however old that of the system is', async () => {
    await symlink(execPath, join(root, 'node_modules/.bin/node'));
    expect(await withOldSystem()).toEqual({ code: 0, output: '' });
  });

  test('an old Node, with a link to a copy that was never installed, is reported with what to do', async () => {
    await symlink('../node/bin/node', join(root, 'node_modules/.bin/node'));
    const { code, output } = await withOldSystem();
    expect(code).toBe(1);
    expect(output).toMatch(
      /needs Node 24 or newer; this is v20.1.0\..*npm ci --ignore-scripts=false.*nodejs\.org/,
    );
  });

  test('the Node of the system is sufficient when the copy was never installed', async () => {
    await symlink('../node/bin/node', join(root, 'node_modules/.bin/node'));
    expect(await prepare()).toEqual({ code: 0, output: '' });
  });
});
