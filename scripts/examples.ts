// Runs the server's tests and stores one exchange for each operation, for the OpenAPI document. Ids, keys and addresses are
// replaced so that they are the same in every run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Example,
  type Examples,
  examplesFile,
  readExamples,
} from '../server/src/platform/http/contract/index.ts';
import type { Exchange } from '../server/test/record-examples.ts';

/** Tests whose exchanges show extremes rather than typical use. */
const unfit = ['**/*bad-input*', '**/chaos/**', '**/*memory*', '**/openapi.test.ts'];
const sizeMax = 4_000;
const entriesMax = 2;
const textLengthMax = 300;

/**
 * Writes the examples.
 * @param files Tests to run. Default: those of all features
 * @throws Error when no example could be collected; failing tests are only reported
 */
export function collectExamples(files: readonly string[]): void {
  const tests = files.length > 0 ? files : ['server/src/features'];
  const folder = mkdtempSync(join(tmpdir(), 'pintail-examples-'));
  try {
    const { status } = spawnSync(
      'vitest',
      ['run', '--project', 'server', ...tests, ...unfit.flatMap((pattern) => ['--exclude', pattern])],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PINTAIL_RECORD_EXAMPLES: folder } },
    );
    if (status !== 0) console.error('Some tests failed; their exchanges may be missing from the examples.');
    const exchanges = readdirSync(folder).flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Exchange),
    );
    if (exchanges.length === 0) throw new Error('No exchange was recorded.');
    writeFileSync(examplesFile, `${JSON.stringify(choose(exchanges, readExamples()), null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Chooses one exchange for each operation. An operation without an exchange keeps its example. */
function choose(exchanges: readonly Exchange[], before: Examples): Examples {
  const byOperation = Map.groupBy(
    exchanges.map((exchange) => ({ ...exchange, ...normalise(exchange) })),
    ({ operationId }) => operationId,
  );
  const chosen = { ...before };
  for (const [operationId, all] of byOperation) {
    const [best] = all.toSorted(
      (a, b) => rank(a) - rank(b) || a.testFile.localeCompare(b.testFile) || a.number - b.number,
    );
    if (best)
      chosen[operationId] = { ...(best.body !== undefined && { body: best.body }), answer: best.answer };
  }
  return Object.fromEntries(Object.entries(chosen).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The lower the better: a JSON body shows more than a form, and empty lists and long texts show little. */
function rank({ body, answer }: Example): number {
  const text = JSON.stringify({ body, answer });
  return (
    (body === undefined ? 4 : 0) +
    (text.length > sizeMax ? 2 : 0) +
    (/"data":\{[^{}]*\[\]/.test(text) ? 1 : 0)
  );
}

/** Replaces ids, keys, addresses and random texts, so that they do not change from run to run. */
function normalise({ body, answer }: Exchange): Example {
  const seen = new Map<string, string>();
  const steady = (text: string, make: (number: number) => string) => {
    const known = seen.get(text) ?? make(seen.size + 1);
    seen.set(text, known);
    return known;
  };
  const rewrite = (text: string) =>
    shorten(text)
      .replaceAll(/\b(pt_(?:test|live)_)[\w-]{51}/g, '$1…')
      .replaceAll(/\bwhsec_[\w+/=-]{10,}/g, 'whsec_…')
      .replaceAll(/\b([a-z]{3,4})_[0-9a-hjkmnp-tv-z]{26}\b/g, (id, prefix: string) =>
        steady(id, (number) => `${prefix}_01kav8w5v8e6nb1vkh5tq4j1${String(number).padStart(2, '0')}`),
      )
      .replaceAll(/\b\d{15,20}\b/g, (id) =>
        steady(id, (number) => String(549_755_885_100_000_000n + BigInt(number))),
      )
      .replaceAll(/\bstate=[\w-]{20,}/g, 'state=…')
      .replaceAll('http://pintail.test', 'http://127.0.0.1:8787')
      .replaceAll(/http:\/\/(127\.0\.0\.1|localhost):(?!8787)\d+/g, 'https://example.com');
  const [sent, answered] = [walk(body, rewrite), walk(answer, rewrite)];
  return sent === undefined ? { answer: answered } : { body: sent, answer: answered };
}

function shorten(text: string): string {
  return text.length > textLengthMax ? `${text.slice(0, textLengthMax)}…` : text;
}

function walk(value: unknown, rewrite: (text: string) => string): unknown {
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.slice(0, entriesMax).map((entry) => walk(entry, rewrite));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, walk(entry, rewrite)]));
}
