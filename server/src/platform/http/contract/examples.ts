// Examples for the OpenAPI document: one request and response for each operation, recorded by tests
// (`npm run generate -- --examples`).
import { readFileSync } from 'node:fs';

export interface Example {
  /** The request body, if the request has one. */
  body?: unknown;
  /** The response body. */
  answer: unknown;
}

/** By operationId. */
export type Examples = Readonly<Record<string, Example>>;

export const examplesFile = new URL('./examples.gen.json', import.meta.url);

export function readExamples(): Examples {
  return JSON.parse(readFileSync(examplesFile, 'utf8')) as Examples;
}
