// Validates a request's body, query and path against a schema. Messages have Pinterest's form: they contain the pattern or
// constraint (docs/pinterest.md#reported-traps).
import { z } from 'zod';
import { badParameter, Refusal } from '../ground/refusal.ts';

export function parseJson(bytes: Buffer, contentType: string | undefined): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType ?? '')) {
    throw new Refusal(415, 415, 'Unsupported media type. Send application/json.');
  }
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badParameter('Invalid request: the body is not valid JSON.');
  }
  if (text.includes('__proto__') || text.includes('\\u')) refuseProto(value);
  return value;
}

/** A `__proto__` key is an attack: copying it would change an object's prototype. */
function refuseProto(value: unknown): void {
  // Iterative, because nesting may be deeper than the stack.
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) throw badParameter('Invalid request: __proto__ is not a field.');
    open.push(...Object.values(next));
  }
}

export function parseForm(bytes: Buffer, contentType: string | undefined): Record<string, string> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType ?? '')) {
    throw new Refusal(415, 415, 'Unsupported media type. Send application/x-www-form-urlencoded.');
  }
  return Object.fromEntries(new URLSearchParams(bytes.toString('utf8')));
}

export function check<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badParameter(describe(result.error));
}

export function describe(error: z.ZodError): string {
  const reasons = error.issues.slice(0, 3).map((issue) => describeIssue(issue));
  return `Invalid request: ${reasons.join('; ')}`;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path.length === 0 ? 'request' : issue.path.map(String).join('.');
  switch (issue.code) {
    case 'too_big':
      return `'${field}' is too ${issue.origin === 'number' || issue.origin === 'int' ? 'large' : 'long'}, constraint: ${limitName('max', issue.origin)}=${issue.maximum}`;
    case 'too_small':
      return `'${field}' is too ${issue.origin === 'number' || issue.origin === 'int' ? 'small' : 'short'}, constraint: ${limitName('min', issue.origin)}=${issue.minimum}`;
    case 'invalid_format':
      return `'${field}' does not match '${readablePattern(issue.pattern) ?? issue.format}'`;
    case 'unrecognized_keys':
      return `'${field}' has unexpected properties: ${issue.keys.map((key) => key.slice(0, 60)).join(', ')}`;
    case 'invalid_union':
      return `'${field}' is not valid under any of the given schemas`;
    default:
      return `'${field}': ${issue.message}`;
  }
}

function limitName(side: 'min' | 'max', origin: string): string {
  if (origin === 'array' || origin === 'set') return `${side}Items`;
  if (origin === 'string') return `${side}Length`;
  return `${side}imum`;
}

function readablePattern(pattern: string | undefined): string | undefined {
  return pattern?.replace(/^\//, '').replace(/\/[a-z]*$/, '');
}

/** Query values are text; a parameter sent twice is a list, which the schemas refuse. */
export const queryInteger = (minimum: number, maximum: number, absent: number) =>
  z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
    .default(absent);

export const queryBoolean = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .default(false);

export const digits = z.string().regex(/^\d+$/).max(64);

/** `a,b`, `a` twice, or both. */
export const queryList = <T extends string>(values: readonly [T, ...T[]]) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(z.enum(values)).max(100));

export const paging = {
  bookmark: z.string().max(2000).optional(),
  page_size: queryInteger(1, 250, 25),
};

/** A parameter of nearly every operation. Acting for another ad account is not simulated (docs/pinterest.md#operations). */
export const adAccount = { ad_account_id: digits.max(18).optional() };
