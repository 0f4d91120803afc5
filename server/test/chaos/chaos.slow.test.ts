// The short form of `npm run chaos`, for every run of the tests.
import { expect, test } from 'vitest';
import { createTestDatabase } from '../database.ts';
import { runChaos } from './chaos.ts';
import { anySeed } from './seeded.ts';

test('while workers and the API are killed and answers get lost, each accepted post becomes one Pin', async () => {
  const seed = Number(process.env.CHAOS_SEED ?? anySeed());
  const { url, drop } = await createTestDatabase();
  try {
    const figures = await runChaos({
      databaseUrl: url,
      posts: 60,
      kills: 8,
      seed,
      accounts: 4,
      workers: 3,
    });
    console.info(JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: [], doubled: [] });
    expect(figures.videos).toBeGreaterThan(0);
    expect(figures.equal).toBeGreaterThan(0);
    // A run without kills or faults would have shown nothing.
    expect(figures.accepted).toBeGreaterThanOrEqual(60);
    expect(Object.values(figures.kills).reduce((sum, count) => sum + count, 0)).toBe(8);
    expect(figures.faults.before + figures.faults.after).toBeGreaterThan(0);
  } finally {
    await drop();
  }
}, 120_000);
