// Converts issues of zod to details of the API: one entry for each invalid field, with a code for programs and a
// message for people.
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { type Detail, detailsMax, limitDetails } from '../errors.ts';

type Issue = z.core.$ZodIssue;

/** The word for an invalid value in messages. */
type Noun = 'field' | 'parameter';

/** Only this many unknown names get a suggestion, because each is compared with all known names. */
const proposalsMax = 20;

/** Returns details for the issues. A field with several issues has one detail, for the first issue. */
export function toDetails(
  issues: readonly Issue[],
  schema: z.ZodType,
  noun: Noun = 'field',
): readonly Detail[] {
  const byPath = new Map<string, Detail>();
  let omitted = 0;
  for (const issue of issues) {
    if (byPath.size >= detailsMax) omitted += countOf(issue);
    else {
      const details = detailsOf(issue, schema, noun);
      omitted += countOf(issue) - details.length;
      for (const detail of details) if (!byPath.has(detail.path)) byPath.set(detail.path, detail);
    }
  }
  return limitDetails([...byPath.values()], byPath.size + omitted);
}

const countOf = (issue: Issue) => (issue.code === 'unrecognized_keys' ? issue.keys.length : 1);

/** Returns the details of an issue, at most `detailsMax`. */
function detailsOf(issue: Issue, schema: z.ZodType, noun: Noun): Detail[] {
  const path = issue.path.map((step) => printable(String(step))).join('.');
  if (issue.code === 'unrecognized_keys') {
    const object = schemaAt(schema, issue.path);
    const known = Object.keys(object?.shape ?? {});
    return issue.keys
      .slice(0, detailsMax)
      .map((key, index) =>
        unknownField(key, path, { ...object, known: index < proposalsMax ? known : [] }, noun),
      );
  }
  return [{ path, ...describe(issue, noun) }];
}

/**
 * By the schema of an object: fields that it does not have although a caller may expect them, each with a sentence about the
 * alternative.
 */
export const hintsOfUnknownFields = z.registry<Readonly<Record<string, string>>>();

interface KnownFields {
  known: readonly string[];
  hints?: Readonly<Record<string, string>>;
}

function unknownField(key: string, parent: string, { known, hints = {} }: KnownFields, noun: Noun): Detail {
  const name = printable(key);
  const near = nearest(key, known);
  const proposal = near ? ` Did you mean "${near}"?` : '';
  const hint = Object.hasOwn(hints, key) ? ` ${hints[key]}` : proposal;
  return {
    path: parent ? `${parent}.${name}` : name,
    code: 'unknown_field',
    message: `There is no ${noun} "${name}".${hint}`,
  };
}

/**
 * Returns the known name that the caller probably meant: it differs in one or two characters, or only in case and
 * punctuation. Short names must be closer, because two different letters of three could be any word.
 */
export function nearest(key: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || key.length > 60) return undefined;
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (plain(key) === '') return undefined;
  const same = known.find((name) => plain(name) === plain(key));
  if (same) return same;
  const near = closest(key, [...known]);
  // Any other letter differs from a name of one letter in one character.
  if (near.length < 2) return undefined;
  const slipsMax = near.length < 5 ? 1 : Math.max(2, Math.floor(near.length / 4));
  return distance(key, near) <= slipsMax ? near : undefined;
}

/** Returns the object at `path` inside a schema. */
function schemaAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
): { shape?: Definition['shape']; hints?: Readonly<Record<string, string>> } {
  let object = inside(schema);
  for (const step of path) {
    const def = definitionOf(object);
    const next = typeof step === 'number' ? def.element : def.shape?.[String(step)];
    if (!next) return {};
    object = inside(next);
  }
  const hints = hintsOfUnknownFields.get(object);
  return { shape: definitionOf(object).shape, ...(hints && { hints }) };
}

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType> | undefined;
  element?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  out?: z.ZodType;
}

const definitionOf = (schema: z.ZodType) => schema.def as unknown as Definition;

/** Returns the schema inside optional, default, pipe and preprocess. */
export function inside(schema: z.ZodType): z.ZodType {
  const def = definitionOf(schema);
  const isPrepared = def.in && definitionOf(def.in).type === 'transform';
  const inner = def.innerType ?? (isPrepared ? def.out : def.in);
  return inner ? inside(inner) : schema;
}

/** Returns a name from the caller, shortened and on one line, for the response. */
function printable(text: string): string {
  const line = text.slice(0, 60).replaceAll(/[\p{Cc}\p{Cs}]/gu, '�');
  return text.length > 60 ? `${line}…` : line;
}

function describe(issue: Issue, noun: Noun): Omit<Detail, 'path'> {
  switch (issue.code) {
    case 'invalid_type': {
      // The value is null if the request has no body.
      if (issue.path.length === 0 && (issue.input ?? null) === null) {
        return { code: 'required', message: 'A JSON object is required as the body.' };
      }
      if (issue.input === undefined) return { code: 'required', message: `This ${noun} is required.` };
      const was =
        issue.input === null ? 'null' : Array.isArray(issue.input) ? 'an array' : typeofWord(issue.input);
      const hint = issue.input === null ? ' Omit the field instead.' : '';
      // The message of the schema is more specific.
      if (!issue.message.startsWith('Invalid input')) return { code: 'wrong_type', message: issue.message };
      return { code: 'wrong_type', message: `Must be ${article(issue.expected)}, not ${was}.${hint}` };
    }
    case 'too_big':
      return {
        code: issue.origin === 'string' ? 'too_long' : 'too_large',
        message: countMessage(issue, issue.maximum, 'At most'),
      };
    case 'too_small':
      return {
        code: issue.origin === 'string' ? 'too_short' : 'too_small',
        message: countMessage(issue, issue.minimum, 'At least'),
      };
    case 'invalid_value':
      return {
        code: 'not_allowed',
        message: `Must be one of: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}.`,
      };
    case 'custom':
      return {
        code: typeof issue.params?.code === 'string' ? issue.params.code : 'invalid',
        message: issue.message,
      };
    default:
      return { code: 'invalid', message: issue.message };
  }
}

/** Returns the message of the schema, or ours for a list without one: zod's default mentions arrays and `<=`. */
function countMessage(issue: Issue & { origin: string }, limit: number | bigint, bound: string): string {
  if (issue.origin !== 'array' || !issue.message.startsWith('Too ')) return issue.message;
  const entries = limit === 1 ? 'entry' : 'entries';
  return `${bound} ${limit} ${entries}; this has ${Array.isArray(issue.input) ? issue.input.length : 'others'}.`;
}

function typeofWord(value: unknown): string {
  return typeof value === 'object' ? 'an object' : article(typeof value);
}

function article(type: string): string {
  if (type === 'int') return 'a whole number';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
