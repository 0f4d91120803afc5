// The switches: what is not established about Pinterest, or differs by day and by account, can be set here.
// The defaults are what is reported most often. Each cites the section of the facts it comes from.

import { z } from 'zod';

const seconds = z.number().min(0).max(10_000_000);
const count = z.int().min(0).max(10_000_000);

export const settingsSchema = z.strictObject({
  /** What happens to `is_standard: false` (section 1, no. 6). */
  isStandard: z.enum(['honoured', 'ignored', 'refused']).default('honoured'),
  /** Product Pins by `pin_url` are for beta users (section 5). */
  pinUrl: z.enum(['accepted', 'refused']).default('accepted'),
  /** What POST /pins says on success: 201, or 200 as newer documents also allow (section 5). */
  createStatus: z.union([z.literal(201), z.literal(200)]).default(201),
  /** Text is kept as given, or trimmed, blanks folded and entities unescaped (section 14, no. 19). */
  text: z.enum(['asGiven', 'normalised']).default('asGiven'),
  /** `created_at` is off by so many seconds; negative is early (section 14, no. 27). */
  clockSkewSeconds: z.number().min(-86_400).max(86_400).default(0),
  bodyBytesMax: z.int().min(0).max(72_000_000).default(45_000_000),
  /** Images below this in width or height are «too small» (section 6). */
  imageSideMin: count.default(100),
  imageUrl: z
    .strictObject({
      timeoutMs: z.number().min(1).max(60_000).default(5_000),
      /** Pinterest itself refuses loopback; here it is how an offline machine shows its pictures. */
      allowLoopback: z.boolean().default(true),
    })
    .prefault({}),
  /** By common report; Pinterest's document has no limits (section 11). */
  boards: z
    .strictObject({
      nameLengthMax: count.default(50),
      descriptionLengthMax: count.default(500),
    })
    .prefault({}),
  listing: z
    .strictObject({
      delaySeconds: seconds.default(0),
      order: z.enum(['newest', 'oldest', 'shuffled']).default('newest'),
      emptyFirstPage: z.boolean().default(false),
      repeatLastBookmark: z.boolean().default(false),
    })
    .prefault({}),
  /** Answers as a newer or sparser Pinterest might give them (section 14, no. 26). */
  answers: z
    .strictObject({
      omitOptional: z.boolean().default(false),
      addUnknown: z.boolean().default(false),
    })
    .prefault({}),
  tokens: z
    .strictObject({
      accessSeconds: seconds.default(2_592_000),
      refreshSeconds: seconds.default(5_184_000),
      codeSeconds: seconds.default(600),
      /** Whether the old refresh token dies when it is used (section 3: not established). */
      oldRefreshToken: z.enum(['dies', 'lives']).default('dies'),
      /** A refresh answer without a new refresh token, as older ones were (section 10). */
      omitNewRefreshToken: z.boolean().default(false),
      /** How `scope` is written in answers: not stated (section 3). */
      scopeSeparator: z.enum(['space', 'comma']).default('space'),
    })
    .prefault({}),
  media: z
    .strictObject({
      registeredSeconds: seconds.default(1),
      processingSeconds: seconds.default(2),
      outcome: z.enum(['succeeded', 'failed', 'stuck']).default('succeeded'),
      omitStatus: z.boolean().default(false),
      policySeconds: seconds.default(3_600),
      expirySeconds: seconds.default(604_800),
      sizeBytesMax: z.number().min(0).max(2_147_483_648).default(2_147_483_648),
    })
    .prefault({}),
  limits: z
    .strictObject({
      enabled: z.boolean().default(true),
      perSecond: count.default(100),
      readsPerMinute: count.default(1_000),
      writesPerMinute: count.default(100),
      analyticsPerMinute: count.default(60),
      trialCallsPerDay: count.default(1_000),
      trialWritesPerDay: count.default(300),
      headers: z.enum(['plain', 'list', 'none']).default('plain'),
      retryAfter: z.enum(['none', 'seconds', 'date']).default('none'),
    })
    .prefault({}),
  analytics: z
    .strictObject({
      /** The newest days are still being counted. */
      processingDays: count.default(1),
      estimateDays: count.default(1),
    })
    .prefault({}),
});

export type Settings = z.infer<typeof settingsSchema>;

/** What may be sent to change some of them. */
export type SettingsChange = { [K in keyof Settings]?: Partial<Settings[K]> | Settings[K] };

export const defaultSettings = (): Settings => settingsSchema.parse({});

/** Merges one level deep: a group named with one switch keeps its other switches. */
export function mergeSettings(current: Settings, change: unknown): Settings {
  const merged: Record<string, unknown> = { ...current };
  const given = z.record(z.string(), z.unknown()).parse(change);
  for (const [key, value] of Object.entries(given)) {
    const before = merged[key];
    const isGroup = typeof before === 'object' && before !== null;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    merged[key] = isGroup && isObject ? { ...before, ...value } : value;
  }
  return settingsSchema.parse(merged);
}
