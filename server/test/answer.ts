// A response of the API, as tests read it.
import { expect } from 'vitest';

/**
 * JSON of any shape. Types for the hundred shapes would repeat the schemas and check nothing: comparisons of fields
 * already fail for missing ones.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above; the only place that has it.
export type AnyShape = any;

export interface Answer {
  status: number;
  headers: Headers;
  /** The body as text. */
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

/** Returns the code of each field that a refusal names. Each field must occur once, with a sentence, which may begin with an id. */
export function fieldCodes(details: readonly Detail[]): Record<string, string> {
  for (const { message } of details) expect(message).toMatch(/^([A-Z]|[a-z]+_).*[.?]$/);
  const codes = Object.fromEntries(details.map(({ path, code }) => [path, code]));
  expect(Object.keys(codes)).toHaveLength(details.length);
  return codes;
}
