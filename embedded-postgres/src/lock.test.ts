import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryLock, waitForLock } from './lock.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pintail-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

test('an exclusive lock excludes every other lock', () => {
  const lock = tryLock(file, 'exclusive');
  expect(tryLock(file, 'exclusive')).toBeUndefined();
  expect(tryLock(file, 'shared')).toBeUndefined();
  lock?.release();
  const next = tryLock(file, 'exclusive');
  expect(next).toBeDefined();
  next?.release();
});

test('several processes can hold a shared lock, which excludes an exclusive one until the last is released', () => {
  const one = tryLock(file, 'shared');
  const two = tryLock(file, 'shared');
  expect(one && two).toBeDefined();
  one?.release();
  expect(tryLock(file, 'exclusive')).toBeUndefined();
  two?.release();
  const lock = tryLock(file, 'exclusive');
  expect(lock).toBeDefined();
  lock?.release();
});

test('releasing a lock twice has no effect', () => {
  const lock = tryLock(file, 'exclusive');
  lock?.release();
  lock?.release();
});

test('a waiting process gets the lock when it is released, or nothing after the timeout', async () => {
  const held = tryLock(file, 'exclusive');
  expect(await waitForLock(file, 'exclusive', 20)).toBeUndefined();
  const waiting = waitForLock(file, 'exclusive', 10_000);
  held?.release();
  const lock = await waiting;
  expect(lock).toBeDefined();
  lock?.release();
});

test.each(['shared', 'exclusive'] as const)(
  'the %s lock of a process ends with a kill -9 of it',
  async (kind) => {
    const program = `
    import { tryLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
    globalThis.lock = tryLock(${JSON.stringify(file)}, '${kind}');
    console.log('held');
    process.stdin.resume();`;
    const child = spawn(execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    expect(tryLock(file, 'exclusive')).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = tryLock(file, 'exclusive');
    expect(lock).toBeDefined();
    lock?.release();
  },
);
