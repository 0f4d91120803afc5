import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { generateKey } from './api-key.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.stop());

test('300 unknown keys at once need a few statements, and write nothing', async () => {
  const { rows } = await app.database.pool.query('select xmin, last_used_at from api_keys order by id');
  let queries = 0;
  const count = () => {
    queries += 1;
  };
  app.database.pool.on('acquire', count);
  const keys = Array.from({ length: 300 }, () => generateKey('pt_test_'));
  const callers = await Promise.all(keys.map((key) => app.app.auth.authenticate(key)));
  app.database.pool.off('acquire', count);
  expect(callers.every((caller) => caller === null)).toBe(true);
  expect(queries).toBeLessThanOrEqual(3);
  expect((await app.database.pool.query('select xmin, last_used_at from api_keys order by id')).rows).toEqual(
    rows,
  );
});

test('valid keys among unknown ones are found, each its own, and their use is stored', async () => {
  const made = await Promise.all(['one', 'two'].map((name) => app.makeKey({ name })));
  const unknown = Array.from({ length: 20 }, () => generateKey('pt_test_'));
  const keys = [...unknown.slice(0, 10), ...made.map(({ key }) => key), ...unknown.slice(10)];
  const callers = await Promise.all(keys.map((key) => app.app.auth.authenticate(key)));
  expect(callers.flatMap((caller) => caller?.actor.name ?? [])).toEqual(['one', 'two']);
  const { rows } = await app.database.pool.query(
    'select name, last_used_at from api_keys where id = any($1)',
    [made.map(({ id }) => id)],
  );
  expect(rows.map(({ last_used_at }) => last_used_at)).toEqual([app.clock.now(), app.clock.now()]);
});
