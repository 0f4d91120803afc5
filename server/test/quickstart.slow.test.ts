// Runs the blocks of docs/quickstart.md, in their order, against a Pintail that was just started.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { eventually } from './eventually.ts';
import { startPintail } from './pintail-process.ts';

vi.setConfig({ testTimeout: 120_000 });

test('the blocks of the quickstart work as pasted, and publish a Pin', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pintail-quickstart-'));
  const pintail = await startPintail({ dataDir: join(folder, '.pintail') });
  try {
    // Printed after the line that says that it is ready.
    const simulator = await eventually(
      'the address of the simulator is printed',
      () => /Simulator\s+(\S+)/.exec(pintail.output())?.[1],
    );
    const page = await readFile(new URL('../../docs/quickstart.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '');
    expect(blocks.length).toBeGreaterThan(10);
    const script = blocks
      .join('\n')
      .replaceAll('http://127.0.0.1:8787', pintail.url ?? '')
      .replaceAll('http://127.0.0.1:8788', simulator);
    const { stdout } = await promisify(execFile)('sh', ['-euc', script], { cwd: folder });
    expect(stdout).not.toContain('"error":{');
    for (const text of ['"username":"second"', '"url":"http', '"type":"post.created"', 'retry: '])
      expect(stdout).toContain(text);
    const { pins } = (await (await fetch(`${simulator}/_control/pins`)).json()) as {
      pins: { title: string }[];
    };
    expect(pins.map(({ title }) => title)).toContain('Garden in June');
  } finally {
    await pintail.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
