// Fails the entries that the database could not store, or that would take the worker too long to check.
import type { Detail } from '../../../platform/errors.ts';
import { entryValuesMax, tooManyValues } from './batch-lines.ts';
import type { NewEntry } from './batches.queries.ts';

/** Deeper than any body of create; PostgreSQL and JSON.stringify have limits of their own. */
const depthMax = 20;

/** Returns the entry, or without its body and with the problem of it. */
export function toStorable(entry: NewEntry): NewEntry {
  const problem = storageProblem(entry.body);
  return problem ? { ...entry, body: null, details: [problem] } : entry;
}

function storageProblem(body: unknown): Detail | undefined {
  let values = 0;
  return problemOf(body, 0);

  function problemOf(value: unknown, depth: number): Detail | undefined {
    values += 1;
    if (values > entryValuesMax) return tooManyValues;
    if (typeof value === 'string') return textProblem(value);
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > depthMax) {
      return {
        path: '',
        code: 'too_deep',
        message: `Lists and objects are nested more than ${depthMax} deep.`,
      };
    }
    for (const [name, nested] of Object.entries(value)) {
      const problem = textProblem(name) ?? problemOf(nested, depth + 1);
      if (problem) return problem;
    }
    return undefined;
  }
}

function textProblem(text: string): Detail | undefined {
  if (text.isWellFormed() && !text.includes('\0')) return undefined;
  const message = 'Contains an invalid character (a NUL or half of a surrogate pair).';
  return { path: '', code: 'bad_character', message };
}
