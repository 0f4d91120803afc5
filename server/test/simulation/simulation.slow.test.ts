// For more of it: SIMULATION_SEEDS=10000 SIMULATION_SEED=1000 npx vitest run
// server/test/simulation/simulation.slow.test.ts
import { expect, test } from 'vitest';
import { mistakes } from './mutations.ts';
import { simulate } from './simulation.ts';

const seedsCount = Number(process.env.SIMULATION_SEEDS ?? 100);
const firstSeed = Number(process.env.SIMULATION_SEED ?? 1);
const steps = 10_000;
const seeds = Array.from({ length: seedsCount }, (_, index) => firstSeed + index);

test(
  'no order of events breaks a rule of publishing',
  async () => {
    const counts: Record<string, number> = {};
    let pins = 0;
    for (const seed of seeds) {
      const figures = await simulate({ seed, steps });
      pins += figures.pins;
      for (const [what, count] of Object.entries({ ...figures.counts, ...figures.taken }))
        counts[what] = (counts[what] ?? 0) + count;
    }
    if (process.env.SIMULATION_SEEDS)
      console.info(JSON.stringify({ seeds: seedsCount, steps, pins, ...counts }));
    // A walk without events would not break a rule either, so it must have had some.
    expect(pins).toBeGreaterThan(100 * seedsCount);
    for (const what of [
      'accept',
      'lose',
      'find',
      'clear',
      'postpone',
      'refuse',
      'miss',
      'giveUp',
      'lane_lost',
      'post_changed',
    ])
      expect(counts[what], what).toBeGreaterThan(seedsCount);
  },
  60_000 + seedsCount * 5_000,
);

test('the same seed leads to the same events', async () => {
  const run = async () => JSON.stringify(await simulate({ seed: 7, steps: 3_000 }));
  expect(await run()).toBe(await run());
});

const seedsForMistakes = 100;

test.each(Object.entries(mistakes))(
  'a mistake is noticed: %s',
  async (_, { objection, ...mutation }) => {
    const run = async () => {
      for (let seed = 1; seed <= seedsForMistakes; seed += 1) await simulate({ seed, steps, mutation });
    };
    await expect(run()).rejects.toThrow(objection);
  },
  120_000,
);
