// Compares the dashboard, the alert rules and the documents with the metrics: a panel with an unknown metric would be
// empty, and an alert would never fire.
import { globSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { createTestApp } from '../../test/app.ts';

const file = new URL('../../../deploy/grafana-dashboard.json', import.meta.url);

interface Panel {
  id: number;
  title: string;
  targets: { expr: string }[];
}

const root = new URL('../../../', import.meta.url);
const metricNames = (text: string) => text.match(/\b(pintail|process|nodejs)_\w+/g) ?? [];
let served: Set<string>;

beforeAll(async () => {
  const app = await createTestApp();
  const text = await (await fetch(`${app.url}/metrics`)).text();
  await app.stop();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  served = new Set(types.map(([, name = '', type]) => (type === 'histogram' ? `${name}_bucket` : name)));
});

test('the dashboard has a panel for every metric, and uses no metric that does not exist', () => {
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: Panel[] };
  const asked = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricNames(expr))));
  expect([...asked].filter((name) => !served.has(name))).toEqual([]);
  const ours = [...served].filter((name) => name.startsWith('pintail_'));
  expect(ours.filter((name) => !asked.has(name))).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

test('alert rules use only metrics that exist, and cover every way in which posts stay unpublished', () => {
  const rules = readFileSync(new URL('deploy/alert-rules.yml', root), 'utf8');
  const asked = new Set(metricNames(rules));
  expect([...asked].filter((name) => !served.has(name))).toEqual([]);
  for (const name of [
    'pintail_posts{state="missed"}',
    'pintail_posts_held',
    'pintail_lanes_lag_seconds',
    'pintail_accounts{token="unauthorized"}',
    'pintail_database_up',
  ])
    expect(rules).toContain(name);
});

test('the documents name only metrics that exist', () => {
  const unknown: string[] = [];
  for (const path of globSync(['docs/*.md', 'README.md'], { cwd: root })) {
    for (const name of metricNames(readFileSync(new URL(path, root), 'utf8')))
      if (!served.has(name) && !/^(pintail_demo|process_\w+)$/.test(name)) unknown.push(`${path}: ${name}`);
  }
  expect(unknown).toEqual([]);
});
