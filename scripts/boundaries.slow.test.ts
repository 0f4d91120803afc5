// Proves that every boundary rule reports a breach, each planted in a small tree. The boundary checker reads TypeScript
// through swc, because it does not support the installed compiler, so its silence alone proves nothing.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import configuration from '../.dependency-cruiser.cjs';

const repository = fileURLToPath(new URL('..', import.meta.url));
const cruiser = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pintail-boundaries-'));
  await writeFile(join(root, 'tsconfig.json'), '{}');
});
afterEach(() => rm(root, { recursive: true }));

/** Returns the names of the rules that the tree violates, and the output. */
async function cruise(files: Record<string, string>): Promise<{ rules: string[]; output: string }> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const folders = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path))];
  const args = [cruiser, '--config', join(repository, '.dependency-cruiser.cjs'), ...folders];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  const rules = [...output.matchAll(/^\s*error ([\w-]+):/gm)].map(([, rule]) => rule ?? '');
  return { rules: [...new Set(rules)], output };
}

/** Returns a file that imports another one, and the imported file. */
function breach(
  from: string,
  to: string,
  statement = (path: string) => `import { x } from '${path}';\nx;\n`,
) {
  const path = relative(dirname(from), to);
  return {
    [from]: statement(path.startsWith('.') ? path : `./${path}`),
    [to]: 'export const x = 1;\nexport type X = 1;\n',
  };
}

const rooms = 'server/src/features';
const planted: Record<string, Record<string, string>> = {
  'no-circles': {
    'server/src/platform/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
    'server/src/platform/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
  },
  'posts-record-below-all': breach(`${rooms}/posts/record/a.ts`, `${rooms}/posts/compose/b.ts`),
  'posts-compose-and-read-above-record': breach(
    `${rooms}/posts/compose/a.ts`,
    `${rooms}/posts/use-cases/b.ts`,
  ),
  'posts-are-written-by-record': breach(
    `${rooms}/posts/record/step.ts`,
    `${rooms}/posts/record/write.queries.ts`,
  ),
  'no-unresolved': { 'server/src/platform/a.ts': "import { b } from './absent.ts';\nb;\n" },
  'platform-knows-nothing': breach('server/src/platform/a.ts', 'server/src/pinterest/index.ts'),
  'database-below-the-platform': breach('server/src/platform/db/a.ts', 'server/src/platform/jobs/index.ts'),
  'database-has-a-door': breach('bench/src/a.ts', 'server/src/platform/db/b.ts'),
  'http-has-a-door': breach('server/src/app.ts', 'server/src/platform/http/server.ts'),
  'use-cases-know-no-http': breach('server/src/platform/use-case/a.ts', 'server/src/platform/http/b.ts'),
  'use-cases-of-rooms-without-http': breach(
    `${rooms}/boards/use-cases/a.ts`,
    'server/src/platform/http/contract/refusals.ts',
  ),
  'domain-uses-only-platform': breach('server/src/domain/a.ts', `${rooms}/posts/index.ts`),
  'ids-come-from-the-domain': breach(`${rooms}/posts/a.ts`, 'server/src/platform/ids.ts'),
  'events-come-from-the-domain': breach(`${rooms}/posts/a.ts`, 'server/src/platform/outbox/index.ts'),
  'pinterest-knows-only-platform': breach('server/src/pinterest/a.ts', `${rooms}/posts/index.ts`),
  'status-uses-only-platform': breach('server/src/status/a.ts', `${rooms}/posts/index.ts`),
  'operator-on-top': breach('server/src/app.ts', 'server/src/operator/a.ts'),
  'features-below-app': breach(`${rooms}/posts/a.ts`, 'server/src/app.ts'),
  'rooms-have-doors': breach(`${rooms}/posts/a.ts`, `${rooms}/media/b.ts`),
  'features-from-outside-through-the-door': breach('server/src/app.ts', `${rooms}/media/b.ts`),
  'pinterest-has-a-door': breach(`${rooms}/posts/a.ts`, 'server/src/pinterest/b.ts'),
  'nobody-knows-webhooks': breach(`${rooms}/posts/a.ts`, `${rooms}/webhooks/index.ts`),
  'posts-does-not-look-up': breach(`${rooms}/posts/a.ts`, `${rooms}/publishing/index.ts`),
  '-schedule-media-boards--does-not-look-up': breach(`${rooms}/boards/a.ts`, `${rooms}/posts/index.ts`),
  'accounts-does-not-look-up': breach(`${rooms}/accounts/a.ts`, `${rooms}/media/index.ts`),
  'lanes-does-not-look-up': breach(`${rooms}/lanes/a.ts`, `${rooms}/accounts/index.ts`),
  '-auth-events--does-not-look-up': breach(`${rooms}/events/a.ts`, `${rooms}/accounts/index.ts`),
  'embedded-postgres-stands-alone': breach('embedded-postgres/src/a.ts', 'server/src/b.ts'),
  'embedded-postgres-has-a-door': breach('scripts/a.ts', 'embedded-postgres/src/b.ts'),
  'simulator-stands-alone': breach('simulator/src/a.ts', 'server/src/b.ts'),
  'simulator-mounts-on-top': breach('simulator/src/api/a.ts', 'simulator/src/app.ts'),
  ...Object.fromEntries(
    ['page', 'control', 'uploads', 'api', 'http', 'images', 'store', 'ground'].map((folder) => [
      `simulator-${folder}-does-not-look-up`,
      breach(`simulator/src/${folder}/a.ts`, 'simulator/src/samples/b.ts'),
    ]),
  ),
  'server-takes-only-the-simulator-s-door': breach('server/src/a.ts', 'simulator/src/b.ts'),
  'tools-use-doors': breach('bench/src/a.ts', `${rooms}/media/pictures/b.ts`),
  'nothing-needs-the-benchmarks': breach('scripts/a.ts', 'bench/src/b.ts'),
  'tests-are-not-imported': breach('server/src/a.ts', 'server/test/b.ts'),
};

/** Trees with several breaches each, whose files differ: a run of the checker takes half a second. */
function combine(breaches: Record<string, Record<string, string>>) {
  const trees: { rules: string[]; files: Record<string, string> }[] = [];
  for (const [rule, files] of Object.entries(breaches)) {
    const fits = (tree: Record<string, string>) =>
      Object.entries(files).every(([path, text]) => (tree[path] ?? text) === text);
    const tree = trees.find((candidate) => fits(candidate.files));
    if (tree) {
      tree.rules.push(rule);
      Object.assign(tree.files, files);
    } else {
      trees.push({ rules: [rule], files: { ...files } });
    }
  }
  return trees;
}

describe('every boundary rule', () => {
  test.each(combine(planted))('reports its breach: $rules', async ({ rules, files }) => {
    const { output } = await cruise(files);
    for (const rule of rules) {
      const paths = Object.keys(planted[rule] ?? {});
      expect(
        paths.some((path) => output.includes(`error ${rule}: ${path}`)),
        `${rule} in:\n${output}`,
      ).toBe(true);
    }
  });

  test('every boundary rule has a planted breach in this file', () => {
    const names = (configuration.forbidden ?? []).map(({ name }) => name ?? '');
    expect(Object.keys(planted).sort()).toEqual(names.sort());
  });
});

describe('a breach is reported', () => {
  test.each([
    ['a type import', (path: string) => `import type { X } from '${path}';\nexport type Y = X;\n`],
    ['an inline type import', (path: string) => `import { type X } from '${path}';\nexport type Y = X;\n`],
    ['a re-export', (path: string) => `export { x } from '${path}';\n`],
    ['a re-export of a type', (path: string) => `export type { X } from '${path}';\n`],
    ['a dynamic import', (path: string) => `export const y = await import('${path}');\n`],
  ])('a breach is reported when it is %s', async (_kind, statement) => {
    const { rules, output } = await cruise(
      breach('server/src/platform/a.ts', 'server/src/pinterest/index.ts', statement),
    );
    expect(rules, output).toEqual(['platform-knows-nothing']);
  });
});

test('a tree without a breach passes without a warning', async () => {
  const { output } = await cruise(breach('server/src/pinterest/a.ts', 'server/src/platform/b.ts'));
  expect(output).toMatch(/no dependency violations found \(2 modules, 1 dependencies cruised\)/);
  expect(output).not.toMatch(/missing-|missed/);
});
