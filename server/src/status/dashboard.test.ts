// Compares the dashboard with the metrics, because a panel with an unknown metric would be empty.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTestApp } from '../../test/app.ts';

const file = new URL('../../../deploy/grafana-dashboard.json', import.meta.url);

interface Panel {
  id: number;
  title: string;
  targets: { expr: string }[];
}

test('The dashboard has a panel for every metric, and uses no metric that does not exist', async () => {
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: Panel[] };
  const asked = new Set(
    panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/\b(pintail|process|nodejs)_\w+/g) ?? []),
    ),
  );
  const app = await createTestApp();
  const text = await (await fetch(`${app.url}/metrics`)).text();
  await app.stop();
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name ?? '', type]),
  );
  const served = new Set(
    [...types].flatMap(([name, type]) => (type === 'histogram' ? [`${name}_bucket`] : [name])),
  );
  expect([...asked].filter((name) => !served.has(name))).toEqual([]);
  const ours = [...served].filter((name) => name.startsWith('pintail_'));
  expect(ours.filter((name) => !asked.has(name))).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});
