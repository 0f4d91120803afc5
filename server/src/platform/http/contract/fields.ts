// Schemas of fields that many routes share, with the limits of the contract (docs/api-contract.md#ground-rules).
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { controlProblem, isBlank } from './characters.ts';

/** Returns the length in Unicode code points, as JSON Schema counts it. A JavaScript length counts UTF-16 units. */
function codePoints(text: string): number {
  let count = 0;
  // Correct for well-formed text. An iterator would create a string per character, which takes a second for 16 MiB.
  for (let index = 0; index < text.length; index += 1) {
    if ((text.charCodeAt(index) & 0xfc00) !== 0xdc00) count += 1;
  }
  return count;
}

function isAtMost(text: string, lengthMax: number): boolean {
  if (text.length <= lengthMax) return true;
  return text.length <= 2 * lengthMax && codePoints(text) <= lengthMax;
}

/** Text that PostgreSQL can store unchanged. Control characters other than tab and line breaks are refused. */
export function text(lengthMax?: number) {
  const plain = z
    .string()
    .refine((value) => value.isWellFormed(), {
      params: { code: 'bad_character' },
      error: 'Contains an invalid character (half of a surrogate pair).',
    })
    .refine((value) => controlProblem(value) === null, {
      params: { code: 'bad_character' },
      error: ({ input }) => controlProblem(String(input)) ?? undefined,
    });
  if (lengthMax === undefined) return plain;
  return plain
    .refine((value) => isAtMost(value, lengthMax), {
      params: { code: 'too_long' },
      error: (issue) => `At most ${lengthMax} characters; this has ${codePoints(String(issue.input))}.`,
    })
    .meta({ maxLength: lengthMax });
}

/** Text with at least one visible character. @param code The code of the refusal of any other. */
export function visibleText(lengthMax: number, code = 'too_short') {
  return text(lengthMax).refine((value) => !isBlank(value), {
    params: { code },
    error: 'Must not be blank.',
  });
}

/** For `superRefine`: refuses a list that contains an entry twice. */
export function refuseRepeats(entries: readonly string[], context: z.RefinementCtx): void {
  const first = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const previous = first.get(entry);
    if (previous === undefined) first.set(entry, index);
    else {
      const message = `Repeats entry ${previous}. List each entry once.`;
      context.addIssue({ code: 'custom', path: [index], params: { code: 'repeated' }, message });
    }
  }
}

/** An RFC 3339 date and time with an offset or Z. Other forms are ambiguous. */
export const moment = z
  .string({
    // Times in responses are Unix seconds, which clients then send by mistake.
    error: ({ input }) => (typeof input === 'number' ? numberedMoment(input) : undefined),
  })
  .superRefine((value, context) => {
    if (z.iso.datetime({ offset: true }).safeParse(value.toUpperCase()).success) return;
    if (/^-?\d{9,14}(\.\d+)?$/.test(value)) {
      context.addIssue({
        code: 'custom',
        params: { code: 'invalid_time' },
        message: numberedMoment(Number(value)),
      });
      return;
    }
    const isLocal = z.iso.datetime({ local: true }).safeParse(value.toUpperCase()).success;
    context.addIssue({
      code: 'custom',
      params: { code: isLocal ? 'offset_missing' : 'invalid_time' },
      message: isLocal
        ? 'The offset from UTC is missing. Add "Z" or an offset, such as "2027-03-01T09:00:00-05:00".'
        : 'Must be a real RFC 3339 date and time with an offset, such as "2027-03-01T09:00:00Z".',
    });
  })
  .transform((value) => new Date(value.toUpperCase()))
  .meta({ override: { type: 'string', format: 'date-time' } });

/** Returns the message for a number of seconds, or of milliseconds, with the same moment as it should be written. */
function numberedMoment(value: number): string {
  const about = 'Must be an RFC 3339 date and time as a string';
  const at = new Date(Math.abs(value) < 1e11 ? value * 1000 : value);
  // A number that is not a time of this millennium is a mistake of another kind.
  const isTime = at.getTime() >= Date.UTC(2000, 0) && at.getTime() < Date.UTC(3000, 0);
  if (!isTime) return `${about}, such as "2027-03-01T09:00:00Z", not a number.`;
  return `${about}, not a number. Send "${at.toISOString().replace('.000Z', 'Z')}" for this moment.`;
}

/** A time zone, in the spelling of the time zone database: `europe/berlin` becomes `Europe/Berlin`. */
export const timezone = text(100)
  .refine((value) => zoneName(value) !== null, {
    params: { code: 'unknown_timezone' },
    error: 'Must be an IANA time zone, such as "Europe/Berlin" or "UTC".',
  })
  .transform((value) => zoneName(value) ?? value)
  .meta({ override: { type: 'string', maxLength: 100 } });

/** Names of the database that are fixed offsets, or do not say where: few people who write EST want no summer time. */
const abbreviations = new Set([
  ...['CET', 'CST6CDT', 'EET', 'EST', 'EST5EDT', 'HST', 'MET', 'MST', 'MST7MDT', 'PST8PDT', 'WET'],
]);

/** Returns null for an invalid zone, an abbreviation, and an offset: offsets have no daylight saving time. */
function zoneName(value: string): string | null {
  if (!/^[A-Za-z][\w+/-]*$/.test(value) || abbreviations.has(value.toUpperCase())) return null;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(value).timeZoneId;
  } catch {
    return null;
  }
}

export const wholeNumber = (min: number, max: number) =>
  z
    .int()
    .min(min, `Must be a whole number from ${min} to ${max}.`)
    .max(max, `Must be a whole number from ${min} to ${max}.`);

/** A time in a response: whole seconds since 1970. */
export const unixSeconds = z.int().meta({ format: 'unix-time', description: 'Unix seconds.' });

/** A boolean in a query. */
export const queryFlag = z
  // Python writes True and False.
  .enum(['true', 'false', 'True', 'False', 'TRUE', 'FALSE'], { error: 'Must be `true` or `false`.' })
  .default('false')
  .transform((value) => value.toLowerCase() === 'true')
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.enum;
      jsonSchema.type = 'boolean';
    },
  });

export const pageEntriesMax = 100;
const pageLimitForm = `Must be a whole number from 1 to ${pageEntriesMax}.`;

/** The maximum number of entries on a page. */
export const pageLimit = z
  .string()
  .regex(/^\d{1,3}$/, pageLimitForm)
  .transform(Number)
  .refine((value) => value >= 1 && value <= pageEntriesMax, pageLimitForm)
  .default(50)
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.pattern;
      Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: pageEntriesMax });
      delete jsonSchema.default;
    },
  });
