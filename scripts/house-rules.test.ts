import { expect, test } from 'vitest';
import { breachesOf, crowdedFolders } from './house-rules.ts';

const rule = 'The platform names no event, actor, scope or id of the product; pass it in from domain/.';

test.each([
  "append({ type: 'post.sent' });",
  "const scope = 'boards:write';",
  "const actor = { type: 'key', id };",
  "newPrefixedId('acc')",
  "isPrefixedId( 'post', text)",
  "numberedIdsOf('evt')",
  'const id = `post_$' + '{text}`;',
])('the platform may not say: %s', (line) => {
  expect(breachesOf('server/src/platform/http/some.ts', `\n${line}\n`)).toEqual([
    `server/src/platform/http/some.ts:2: ${rule}`,
  ]);
});

test.each([
  "newPrefixedId('req')",
  "const systemActor = { type: 'system', id: null };",
  "fetch(url, { method: 'post' });",
  'interface NewEvent { accountId: string | null }',
])('the platform may say: %s', (line) => {
  expect(breachesOf('server/src/platform/http/some.ts', line)).toEqual([]);
});

test('a feature and a test of the platform can name an event', () => {
  const line = "append({ type: 'post.sent' });";
  expect(breachesOf('server/src/features/posts/some.ts', line)).toEqual([]);
  expect(breachesOf('server/src/platform/http/some.test.ts', line)).toEqual([]);
});

test.each([
  "if (post.state === 'queued') return;",
  "select 1 from posts p where p.state in ('publishing', 'unknown')",
  "  .where('status', '=', 'sent')",
  "const status = sendAt ? 'queued' : 'draft';",
])('a feature may not name a state of posts: %s', (line) => {
  expect(breachesOf('server/src/features/boards/some.queries.ts', line)).toEqual([
    expect.stringContaining('some.queries.ts:1: Only domain/post-states*.ts'),
  ]);
  expect(breachesOf('server/src/domain/post-states.queries.ts', line)).toEqual([]);
  expect(breachesOf('server/src/features/boards/some.test.ts', line)).toEqual([]);
});

test.each([
  ".set({ state: 'failed', next_attempt_at: null })",
  "status: 'uploading' | 'processing' | 'ready';",
  "if (answer.kind === 'failed') return;",
])('a feature may name its own states: %s', (line) => {
  expect(breachesOf('server/src/features/boards/some.queries.ts', line)).toEqual([]);
});

test('only the configuration reads the environment', () => {
  expect(breachesOf('server/src/config.ts', 'process.env.PORT')).toEqual([]);
  expect(breachesOf('server/src/app.ts', 'process.env.PORT')).toEqual([
    'server/src/app.ts:1: Only config.ts reads the environment.',
  ]);
});

test('a folder with too many files is reported', () => {
  const files = Array.from({ length: 26 }, (_, index) => `a/b/${index}.ts`);
  expect(crowdedFolders(files)).toEqual(['a/b: 26 files; at most 25.']);
  expect(crowdedFolders(files.slice(1))).toEqual([]);
  expect(crowdedFolders([...files.slice(1), 'a/b/c/1.ts'])).toEqual([]);
});

test.each(['const found = 1;', 'list.map((one) => one.id)', 'list.sort((some, other) => 1)'])(
  'a pronoun is not a name: %s',
  (line) => {
    expect(breachesOf('server/src/app.ts', line)).toEqual([
      'server/src/app.ts:1: A pronoun is not a name; name the value.',
    ]);
    expect(breachesOf('server/src/app.test.ts', line)).toEqual([]);
  },
);

test('sql is imported from the door of the database', () => {
  const breach = "import { type RawBuilder, sql } from 'kysely';";
  expect(breachesOf('server/src/features/posts/a.queries.ts', breach)).toHaveLength(1);
  expect(breachesOf('server/src/platform/db/a.ts', breach)).toEqual([]);
  const allowed =
    "import { sql } from '../../platform/db/index.ts';\nimport type { RawBuilder } from 'kysely';";
  expect(breachesOf('server/src/features/posts/a.queries.ts', allowed)).toEqual([]);
});
