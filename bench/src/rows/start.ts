// The first start, without compile cache and database, and later starts.
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { pause } from '../../../server/src/platform/clock.ts';
import type { Lab } from '../lab.ts';
import { memoryMb } from '../processes.ts';
import { row } from '../row.ts';
import { startPintail } from '../site.ts';
import { median } from '../statistics.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const ownPackages = ['server', 'simulator', 'embedded-postgres'] as const;

/**
 * Copies the sources, as in a fresh clone: Node's compile cache is beside the packages, and that of this tree must
 * neither be used nor changed.
 */
function freshTree(lab: Lab, number: number): string {
  const tree = join(lab.folder, `tree-${number}`);
  for (const name of ownPackages) {
    cpSync(join(root, name), join(tree, name), {
      recursive: true,
      filter: (source) => !/\/(node_modules|[.]pintail)(\/|$)/.test(source.slice(root.length)),
    });
  }
  cpSync(join(root, 'package.json'), join(tree, 'package.json'));
  const modules = join(tree, 'node_modules');
  mkdirSync(join(modules, '@pintail'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === '@pintail' || name.startsWith('.')) continue;
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const name of ownPackages) symlinkSync(join(tree, name), join(modules, '@pintail', name));
  return tree;
}

async function startOnce(lab: Lab, tree: string, dataDir: string) {
  const began = performance.now();
  const server = await startPintail(
    { PINTAIL_DATA_DIR: dataDir, PORT: '0', SIMULATOR_PORT: '0', LOG_FORMAT: 'json' },
    lab.folder,
    join(tree, 'server/bin/pintail.js'),
  );
  try {
    while ((await request(`${server.url}/health`)).statusCode !== 200) await pause(10);
    return { seconds: (performance.now() - began) / 1000, memory: memoryMb(server.pid).now };
  } finally {
    await server.stop();
  }
}

export const start = row({
  name: 'start',
  what: 'serve with the embedded database and the simulator, until /health answers',
  against: 'nothing',
  figures: {
    first: { label: 'first start', unit: 's', atMost: 6 },
    later: { label: 'later start', unit: 's', atMost: 2 },
    memory: { label: 'memory after a later start', unit: 'MB' },
  },
  async run(lab, form) {
    const [firstTimes, laterTimes] = form === 'full' ? [2, 4] : [1, 3];
    const first: number[] = [];
    const later: { seconds: number; memory: number }[] = [];
    for (let number = 1; number <= firstTimes; number += 1) {
      const tree = freshTree(lab, number);
      const dataDir = join(lab.folder, `start-${number}`);
      first.push((await startOnce(lab, tree, dataDir)).seconds);
      for (let time = 0; time < laterTimes; time += 1) later.push(await startOnce(lab, tree, dataDir));
    }
    return {
      values: {
        first: median(first),
        later: median(later.map((entry) => entry.seconds)),
        memory: median(later.map((entry) => entry.memory)),
      },
      notes: ['Without npm and its check of the packages, which run before.'],
    };
  },
});
