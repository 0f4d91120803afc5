import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const endings = [
  ['Ctrl+C sends its signal twice', ['SIGINT', 'SIGINT']],
  ['its terminal is closed', ['SIGHUP']],
] as const;

test.each(endings)(
  'The development server stops in order when %s',
  {
    timeout: 60_000,
  },
  async (_when, [first, ...others]) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'pintail-dev-'));
    const child = spawn(process.execPath, ['scripts/dev.ts'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        PINTAIL_DATA_DIR: dataDir,
        PORT: '0',
        SIMULATOR_PORT: '0',
        LOG_FORMAT: 'json',
      },
    });
    const exited = once(child, 'exit');
    let output = '';
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.includes('"msg":"ready"')) resolve();
        });
      }
    });
    await Promise.race([ready, exited]);

    // Both the terminal and npm forward Ctrl+C.
    child.kill(first);
    await expect.poll(() => output, { timeout: 20_000 }).toContain('"msg":"stopping"');
    for (const other of others) child.kill(other);

    expect(await exited, output).toEqual([0, null]);
    expect(output).toContain('"msg":"stopped"');
    await rm(dataDir, { recursive: true });
  },
);
