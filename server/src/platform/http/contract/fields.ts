// Field schemas that many routes share, with the contract's limits (docs/api-contract.md#ground-rules).
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

/** Lengths count Unicode code points, as JSON Schema does; a JavaScript length counts UTF-16 units. */
function codePoints(text: string): number {
  let count = 0;
  // For well-formed text; an iterator would make a string of each character, which takes a second for 16 MiB.
  for (let index = 0; index < text.length; index += 1) {
    if ((text.charCodeAt(index) & 0xfc00) !== 0xdc00) count += 1;
  }
  return count;
}

function isAtMost(text: string, lengthMax: number): boolean {
  if (text.length <= lengthMax) return true;
  return text.length <= 2 * lengthMax && codePoints(text) <= lengthMax;
}

/** Text that PostgreSQL can hold and that comes back as it went in. */
export function text(lengthMax?: number) {
  const plain = z.string().refine((value) => value.isWellFormed() && !value.includes('\0'), {
    params: { code: 'bad_character' },
    error: 'Holds a character that is no text (a NUL or half of a surrogate pair).',
  });
  if (lengthMax === undefined) return plain;
  return plain
    .refine((value) => isAtMost(value, lengthMax), {
      params: { code: 'too_long' },
      error: (issue) => `At most ${lengthMax} characters; this has ${codePoints(String(issue.input))}.`,
    })
    .meta({ override: { maxLength: lengthMax } });
}

/** An http or https address. */
export function webUrl(lengthMax: number) {
  return (
    text(lengthMax)
      // One that is far too long is told of already, and would take long to read.
      .refine((value) => value.length > 2 * lengthMax || isWebUrl(value), {
        params: { code: 'invalid_url' },
        error: 'Must be a full http or https address, such as "https://example.com/recipe".',
      })
      .meta({ override: { format: 'uri', maxLength: lengthMax } })
  );
}

function isWebUrl(value: string): boolean {
  // The WHATWG parser trims, fixes slashes and drops line breaks; what we store is what the caller wrote.
  if (!/^https?:\/\/[^\s/?#\\]/i.test(value) || /[\s\p{Cc}<>"\\^`{|}]/u.test(value)) return false;
  return URL.canParse(value) && new URL(value).hostname !== '';
}

/** For `superRefine`: each entry of a list once. */
export function refuseRepeats(entries: readonly string[], context: z.RefinementCtx): void {
  const first = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const before = first.get(entry);
    if (before === undefined) first.set(entry, index);
    else {
      const message = `Is the same as entry ${before}. Name each once.`;
      context.addIssue({ code: 'custom', path: [index], params: { code: 'repeated' }, message });
    }
  }
}

/** RFC 3339 with an offset or Z; everything else would have to be guessed. */
export const moment = z
  .string({
    // Times come out as Unix seconds, so these are what is sent by mistake.
    error: ({ input }) =>
      typeof input === 'number'
        ? 'Must be an RFC 3339 date and time as a string, such as "2027-03-01T09:00:00Z", not a number.'
        : undefined,
  })
  .superRefine((value, context) => {
    if (z.iso.datetime({ offset: true }).safeParse(value.toUpperCase()).success) return;
    const isLocal = z.iso.datetime({ local: true }).safeParse(value.toUpperCase()).success;
    context.addIssue({
      code: 'custom',
      params: { code: isLocal ? 'offset_missing' : 'invalid_time' },
      message: isLocal
        ? 'Has no offset from UTC. Add "Z" or an offset, such as "2027-03-01T09:00:00-05:00".'
        : 'Must be a real RFC 3339 date and time with an offset, such as "2027-03-01T09:00:00Z".',
    });
  })
  .transform((value) => new Date(value.toUpperCase()))
  .meta({ override: { type: 'string', format: 'date-time' } });

/** A time zone, in the spelling of the time zone database: `europe/berlin` comes out as `Europe/Berlin`. */
export const timezone = text(100)
  .refine((value) => zoneName(value) !== null, {
    params: { code: 'unknown_timezone' },
    error: 'Must be an IANA time zone, such as "Europe/Berlin" or "UTC".',
  })
  .transform((value) => zoneName(value) ?? value)
  .meta({ override: { type: 'string', maxLength: 100 } });

/** Offsets, which would be taken as well, are no zones: they know nothing of summer time. */
function zoneName(value: string): string | null {
  if (!/^[A-Za-z][\w+/-]*$/.test(value)) return null;
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

/** A moment in an answer: whole seconds since 1970. */
export const unixSeconds = z.int().meta({ format: 'unix-time', description: 'Unix seconds.' });

/** A yes or no in a query. */
export const queryFlag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true')
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.enum;
      jsonSchema.type = 'boolean';
    },
  });

export const pageEntriesMax = 100;
const pageLimitForm = `Must be a whole number from 1 to ${pageEntriesMax}.`;

/** How many entries a page has. */
export const pageLimit = z
  .string()
  .regex(/^\d{1,3}$/, pageLimitForm)
  .transform(Number)
  .refine((value) => value >= 1 && value <= pageEntriesMax, pageLimitForm)
  .default(50)
  .meta({
    override: ({ jsonSchema }) => {
      delete jsonSchema.pattern;
      Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: pageEntriesMax, default: 50 });
    },
  });
