// An answer of the API as tests look at it.
import { expect } from 'vitest';

/**
 * JSON as tests and benchmarks look into it. A type for each of the hundred shapes would have to repeat what the
 * schemas say, and would check nothing: that a field is there is what the comparison shows that reads it.
 */
// biome-ignore lint/suspicious/noExplicitAny: said above; the one place that has it.
export type AnyShape = any;

export interface Answer {
  status: number;
  headers: Headers;
  /** The bytes as they came. */
  text: string;
  body: AnyShape;
}

export async function readAnswer(answer: Response): Promise<Answer> {
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: text === '' ? null : JSON.parse(text),
  };
}

export interface Detail {
  path: string;
  code: string;
  message: string;
}

/** The code of each field that a refusal names: each field once, and with a sentence, which may begin with an id. */
export function fieldCodes(details: readonly Detail[]): Record<string, string> {
  for (const { message } of details) expect(message).toMatch(/^([A-Z]|[a-z]+_).*[.?]$/);
  const codes = Object.fromEntries(details.map(({ path, code }) => [path, code]));
  expect(Object.keys(codes)).toHaveLength(details.length);
  return codes;
}
