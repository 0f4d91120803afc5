// Validates every request before its handler runs.
import type { z } from 'zod';
import { inside, invalidBody, invalidQuery, toDetails } from '../use-case/index.ts';
import { isUpload } from './bodies/upload.ts';

/** Returns Fastify's validator for a part of a request. The handler validates forms, because it also reads them. */
export function checkWith(schema: z.ZodType, httpPart: string | undefined) {
  return (value: unknown) => {
    if (isUpload(value)) return { value };
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return { value: result.data };
    const inQuery = httpPart === 'querystring';
    const details = toDetails(result.error.issues, schema, inQuery ? 'parameter' : 'field');
    return { error: inQuery ? invalidQuery(details) : invalidBody(details) };
  };
}

/** Returns the fields of the object that a schema describes. */
function fieldsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  return (inside(schema).def as { shape?: Record<string, z.ZodType> }).shape ?? {};
}

/**
 * Removes known parameters that are empty, as clients send them for what is not set. Not for a DELETE, where an empty
 * filter could delete more than its sender meant.
 */
export function removeEmptyParameters(query: Record<string, unknown>, schema: z.ZodType | undefined): void {
  if (!schema) return;
  for (const name of Object.keys(fieldsOf(schema))) if (query[name] === '') delete query[name];
}

/** Removes optional fields that are null and must not be, as clients send them for what is not set. */
export function removeNulls(body: unknown, schema: z.ZodType): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || isUpload(body)) return;
  const fields = body as Record<string, unknown>;
  for (const [name, field] of Object.entries(fieldsOf(schema))) {
    if (fields[name] === null && !accepts(field, null) && accepts(field, undefined)) delete fields[name];
  }
}

function accepts(field: z.ZodType, value: unknown): boolean {
  return field.safeParse(value).success;
}

/** Refuses a NUL in the query, because PostgreSQL fails on it. */
export function checkQueryIsText(query: Record<string, unknown>): void {
  const bad = Object.entries(query).filter(([, value]) => String(value).includes('\0'));
  if (bad.length === 0) return;
  const message = 'Contains an invalid character (a NUL).';
  throw invalidQuery(bad.map(([path]) => ({ path, code: 'bad_character', message })));
}

/** Replaces NULs in path parameters, on which PostgreSQL would fail. The result is an id that does not exist. */
export function withoutNul(params: Record<string, string>): Record<string, string> {
  const entries = Object.entries(params).map(([name, value]) => [name, value.replaceAll('\0', '\ufffd')]);
  return Object.fromEntries(entries) as Record<string, string>;
}
