// Compares the model in memory with PostgreSQL: only an equal model makes the simulation meaningful.
// For more of it: SIMULATION_CALLS=5000 npx vitest run server/test/simulation/model.slow.test.ts
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertAccount } from '../../src/features/accounts/accounts.queries.ts';
import { moves } from '../../src/features/posts/record/lifecycle.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { compareCalls } from './model-calls.ts';
import { createRules, type Rules, withoutHeld } from './model-rules.ts';

const calls = Number(process.env.SIMULATION_CALLS ?? 600);
const firstSeed = Number(process.env.SIMULATION_SEED ?? 1);
const seeds = Array.from({ length: 5 }, (_, index) => firstSeed + index);
const at = new Date('2027-03-01T08:00:00Z');
const moved: Record<string, number> = {};

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const { db } = testDatabase.database;
  await db.insertInto('organizations').values({ id: 'org', name: 'org', created_at: at }).execute();
  await db
    .insertInto('media')
    .values({
      id: 'med',
      organization_id: 'org',
      sha256: '0'.repeat(64),
      source_sha256: '0'.repeat(64),
      content_type: 'image/png',
      bytes: 1,
      width: 1,
      height: 1,
      storage_key: 'k',
      thumbnail_key: 'k',
      placeholder: '',
      created_at: at,
    })
    .execute();
});
afterAll(() => testDatabase.drop());

async function freshAccounts() {
  const { db } = testDatabase.database;
  await db.deleteFrom('accounts').execute();
  const accounts = [];
  for (const id of ['acc_1', 'acc_2']) {
    accounts.push(
      await insertAccount(db, {
        id,
        organization_id: 'org',
        environment: 'simulator',
        pinterest_user_id: id,
        username: id,
        display_name: id,
        created_at: at,
        updated_at: at,
      }),
    );
  }
  return accounts;
}

test.each(seeds)(
  'the model answers and stores as PostgreSQL does (seed %i)',
  async (seed) => {
    const accounts = await freshAccounts();
    const figures = await compareCalls(testDatabase.database, { accounts, mediaId: 'med', seed, calls });
    for (const [move, count] of Object.entries(figures.moved)) moved[move] = (moved[move] ?? 0) + count;
  },
  Math.max(60_000, calls * 100),
);

test('the random calls made every move', () => {
  // Workers never unschedule.
  const expected = moves.filter((move) => move !== 'unschedule');
  expect(expected.filter((move) => !moved[move])).toEqual([]);
});

const wrongRules: Record<string, (right: Rules) => Partial<Rules>> = {
  'a fence that is not checked': () => ({ isHeldUnder: () => true }),
  'a version that is not checked': () => ({ isAsRead: () => true }),
  'equal posts that wait for nothing': () => ({ isBlockedByTwin: () => false }),
  'pacing that forgets lost answers': () => ({ countsForPacing: (post) => post.state === 'publishing' }),
  'equal posts that do not wait for a held one': (right) => ({
    isBlockedByTwin: (account, post) => right.isBlockedByTwin(withoutHeld(account), post),
  }),
  'pacing that forgets held posts': (right) => ({
    countsForPacing: (post) => post.state !== 'held' && right.countsForPacing(post),
  }),
  'the latest first': (right) => ({ isBefore: (a, b) => right.isBefore(b, a) }),
  'no pacing': () => ({ pacedUntil: () => null }),
  'no wake-up for what is earlier': () => ({ lowerWake: () => false }),
};

test.each(Object.entries(wrongRules))(
  'a wrong rule is noticed: %s',
  async (_, wrong) => {
    const rules = createRules();
    Object.assign(rules, wrong(createRules()));
    const run = async () => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const accounts = await freshAccounts();
        await compareCalls(testDatabase.database, { accounts, mediaId: 'med', seed, calls: 400, rules });
      }
    };
    await expect(run()).rejects.toThrow(/seed \d+, call \d+: /);
  },
  // A few mistakes need thousands of calls, each a transaction.
  120_000,
);
