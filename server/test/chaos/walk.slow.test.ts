// For a longer walk: CHAOS_SEEDS=100 CHAOS_STEPS=10000 npx vitest run server/test/chaos/walk.slow.test.ts
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../app.ts';
import { errorLevel } from '../log.ts';
import { walk } from './walk.ts';

const seedsCount = Number(process.env.CHAOS_SEEDS ?? 5);
const steps = Number(process.env.CHAOS_STEPS ?? 300);
const firstSeed = Number(process.env.CHAOS_SEED ?? 1);

let app: TestApp;

beforeAll(async () => {
  app = await createTestApp();
  await app.control('POST', '/settings', { limits: { enabled: false } });
});
afterAll(() => app.stop());

const seeds = Array.from({ length: seedsCount }, (_, index) => firstSeed + index);

test.each(seeds)(
  'whatever happens in whatever order, a post becomes one Pin at most (seed %i)',
  async (seed) => {
    const begin = performance.now();
    const { taken, ...figures } = await walk(app, { seed, steps });
    const perSecond = Math.round((steps * 1000) / (performance.now() - begin));
    console.info(JSON.stringify({ seed, perSecond, ...figures, taken }));
    expect(figures.pins).toBeGreaterThan(0);
    expect(app.logLines.filter((line) => line.level >= errorLevel)).toEqual([]);
    app.logLines.length = 0;
  },
  Math.max(60_000, steps * 1000),
);
