// Examples for the OpenAPI document: one exchange for each operation, recorded by tests
// (`npm run generate -- --examples`).
import { readFileSync } from 'node:fs';

export interface Example {
  /** The body that was sent; absent where there was none. */
  body?: unknown;
  /** The whole answer. */
  answer: unknown;
}

/** By operationId. */
export type Examples = Readonly<Record<string, Example>>;

export const examplesFile = new URL('./examples.gen.json', import.meta.url);

export function readExamples(): Examples {
  return JSON.parse(readFileSync(examplesFile, 'utf8')) as Examples;
}
