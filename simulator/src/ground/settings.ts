// The settings: behavior of Pinterest that is not established, or that differs by day and by account.
// The defaults are the behavior reported most often. Comments cite docs/pinterest.md.
import { z } from 'zod';

const seconds = z.number().min(0).max(10_000_000);
const count = z.int().min(0).max(10_000_000);

export const settingsSchema = z.strictObject({
  /** The effect of `is_standard: false` (docs/pinterest.md#simulated-behavior, no. 16). */
  isStandard: z.enum(['honoured', 'ignored', 'refused']).default('honoured'),
  /** Product Pins by `pin_url` are for beta users (docs/pinterest.md#creating-a-pin). */
  pinUrl: z.enum(['accepted', 'refused']).default('accepted'),
  /** The status of a successful POST /pins: 201, or 200 as newer documents also allow. */
  createStatus: z.union([z.literal(201), z.literal(200)]).default(201),
  /** Texts are unchanged, or trimmed with whitespace collapsed and entities unescaped (#simulated-behavior, no. 19). */
  text: z.enum(['asGiven', 'normalised']).default('asGiven'),
  /** Added to `created_at`, in seconds; negative is early (#simulated-behavior, no. 27). */
  clockSkewSeconds: z.number().min(-86_400).max(86_400).default(0),
  bodyBytesMax: z.int().min(0).max(72_000_000).default(45_000_000),
  /** Images below this width or height are refused as too small (docs/pinterest.md#errors). */
  imageSideMin: count.default(100),
  imageUrl: z
    .strictObject({
      timeoutMs: z.number().min(1).max(60_000).default(5_000),
      /** Pinterest refuses loopback addresses. Allowed here, so that an offline machine can provide its images. */
      allowLoopback: z.boolean().default(true),
    })
    .prefault({}),
  /** As commonly reported; Pinterest's document has no limits (docs/pinterest.md#boards-and-paging). */
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
  /** Responses as a newer or sparser Pinterest might send them (#simulated-behavior, no. 26). */
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
      /** Whether using a refresh token invalidates it. Not established (docs/pinterest.md#oauth). */
      oldRefreshToken: z.enum(['dies', 'lives']).default('dies'),
      /** Refresh responses have no new refresh token, as older ones. */
      omitNewRefreshToken: z.boolean().default(false),
      /** The separator of `scope` in responses. Not documented. */
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

export const defaultSettings = (): Settings => settingsSchema.parse({});

/** Merges one level deep: the other settings of a group in the change remain. */
export function mergeSettings(current: Settings, change: unknown): Settings {
  const merged: Record<string, unknown> = { ...current };
  const fields = z.record(z.string(), z.unknown()).parse(change);
  for (const [key, value] of Object.entries(fields)) {
    const current = merged[key];
    const isGroup = typeof current === 'object' && current !== null;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    merged[key] = isGroup && isObject ? { ...current, ...value } : value;
  }
  return settingsSchema.parse(merged);
}
