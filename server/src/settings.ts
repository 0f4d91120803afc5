// Every setting: what it is for, what it should look like, and how its text is read. Made into docs/settings.md.
import { z } from 'zod';

/** A setting as the documentation shows it, and how its text is read. */
export interface Setting<T> {
  about: string;
  /** The expected form, for the documentation and for the refusal. */
  shape: string;
  schema: z.ZodType<T, string | undefined>;
  /** Also readable from the file that NAME_FILE names. */
  secret?: true;
}

const port = (standard: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .refine((value) => value <= 65_535)
    .default(standard);

const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });
const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) => z.enum(values);

/** 32 bytes as 64 hexadecimal characters or as base64. */
const encryptionKey = z.string().transform((text, context) => {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length === 32) return bytes;
  context.addIssue({ code: 'custom', message: 'not 32 bytes' });
  return z.NEVER;
});

const hostPort = /^(\[[0-9a-f:.]+\]|[^\s:,]+):\d{1,5}$/i;

function list<T>(entry: z.ZodType<T, string>) {
  return z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
    .pipe(z.array(entry));
}

const wholeNumber = (standard: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)
    .default(standard);

/** Parameters that advertisers and mailing services append to track visitors. `epik` is Pinterest's. */
const trackingParameters =
  'utm_*,mtm_*,epik,fbclid,gclid,gclsrc,dclid,gbraid,wbraid,gad_source,gad_campaignid,msclkid,ttclid,twclid,li_fat_id,igshid,igsh,mc_cid,mc_eid,yclid,srsltid,_hsenc,_hsmi,_ga,_gl';

export const settings = {
  HOST: {
    about: 'The address to listen on. 0.0.0.0 makes the API reachable from other machines.',
    shape: 'a host name or an IP address (default 127.0.0.1)',
    schema: z.string().min(1).default('127.0.0.1'),
  },
  PORT: {
    about: 'The port of the API.',
    shape: 'a port number (default 8787; 0 for any free one)',
    schema: port(8787),
  },
  PINTAIL_ROLE: {
    about: 'What this process does: answer requests, publish, or both.',
    shape: 'all, api or worker (default all)',
    schema: oneOf('all', 'api', 'worker').default('all'),
  },
  PINTAIL_DATA_DIR: {
    about: 'Where the embedded database, the media and the generated keys live.',
    shape: 'a folder (default ./.pintail)',
    schema: z.string().min(1).default('./.pintail'),
  },
  DATABASE_URL: {
    about: 'A PostgreSQL server (14 or newer) to use instead of the embedded one.',
    shape: 'postgres://user:password@host:port/database',
    schema: databaseUrl.optional(),
    secret: true,
  },
  PUBLIC_URL: {
    about: 'How callers reach this server; used in the addresses of hosted media.',
    shape: 'an http or https address (default http://HOST:PORT)',
    schema: url.optional(),
  },
  PINTAIL_ENCRYPTION_KEY: {
    about: "Encrypts the Pinterest accounts' tokens. Without it a key is made and kept in the data folder.",
    shape: '32 random bytes, as 64 hexadecimal characters or base64',
    schema: encryptionKey.optional(),
    secret: true,
  },
  PINTAIL_ENCRYPTION_KEY_OLD: {
    about:
      'The key before this one, while keys are changed: it only decrypts. See "Changing the encryption key" in operating.md.',
    shape: '32 random bytes, as 64 hexadecimal characters or base64',
    schema: encryptionKey.optional(),
    secret: true,
  },
  PINTEREST_ENVIRONMENT: {
    about: 'Which Pinterest to talk to. The simulator needs no approval by Pinterest.',
    shape: 'simulator, sandbox or production (default simulator; production where PINTEREST_APP_ID is set)',
    schema: oneOf('simulator', 'sandbox', 'production').optional(),
  },
  PINTEREST_APP_ID: {
    about: 'Your app at Pinterest, to connect accounts through its consent page and to refresh their tokens.',
    shape: 'the app id that Pinterest shows, with PINTEREST_APP_SECRET',
    schema: z.string().regex(/^\S+$/).optional(),
  },
  PINTEREST_APP_SECRET: {
    about: "The secret of that app. One app per operator: Pinterest's guidelines forbid collecting others'.",
    shape: 'the app secret that Pinterest shows, with PINTEREST_APP_ID',
    schema: z.string().regex(/^\S+$/).optional(),
    secret: true,
  },
  PINTEREST_ACCESS_LEVEL: {
    about:
      'The access that Pinterest has granted your app. A Trial app has 300 writes a day for all its accounts.',
    shape: 'trial or standard (default standard)',
    schema: oneOf('trial', 'standard').default('standard'),
  },
  PINTEREST_API_URL: {
    about: "Overrides the environment's API address. With the simulator: use one that runs elsewhere.",
    shape: 'an http or https address, with /v5 at its end',
    schema: url.optional(),
  },
  PINTEREST_AUTHORIZE_URL: {
    about: "Overrides the environment's consent page.",
    shape: 'an http or https address',
    schema: z.url({ protocol: /^https?$/ }).optional(),
  },
  PINTEREST_TOKEN_URL: {
    about: "Overrides the environment's address for tokens.",
    shape: 'an http or https address',
    schema: url.optional(),
  },
  PINTEREST_SEND_IS_STANDARD: {
    about:
      'Whether is_standard is sent with a Pin. Pinterest honours false only for apps in a closed beta; auto sends it only where it is true.',
    shape: 'auto, always or never (default auto)',
    schema: oneOf('auto', 'always', 'never').default('auto'),
  },
  STORAGE: {
    about: 'Where media are kept: in the data folder, or in a bucket that several machines share.',
    shape: 'folder or s3 (default folder)',
    schema: oneOf('folder', 's3').default('folder'),
  },
  S3_ENDPOINT: {
    about: 'The address of the S3-compatible service, without the bucket, which goes into the path.',
    shape: 'an http or https address, such as https://s3.eu-central-1.amazonaws.com',
    schema: url.optional(),
  },
  S3_REGION: {
    about: 'The region that requests are signed for.',
    shape: 'a name (default us-east-1, which services without regions take)',
    schema: z.string().regex(/^\S+$/).default('us-east-1'),
  },
  S3_BUCKET: {
    about: 'The bucket. It must exist, and be for Pintail alone.',
    shape: 'the name of a bucket',
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .optional(),
  },
  S3_ACCESS_KEY_ID: {
    about: 'The key to the bucket: it must be allowed to read, list, write and delete objects.',
    shape: 'the id of an access key, with S3_SECRET_ACCESS_KEY',
    schema: z.string().regex(/^\S+$/).optional(),
  },
  S3_SECRET_ACCESS_KEY: {
    about: 'The secret of that key.',
    shape: 'the secret of the access key, with S3_ACCESS_KEY_ID',
    schema: z.string().regex(/^\S+$/).optional(),
    secret: true,
  },
  MEDIA_ALLOWED_PRIVATE_HOSTS: {
    about: 'Private addresses from which media may be fetched all the same.',
    shape: 'host:port pairs with commas between',
    schema: list(z.string().regex(hostPort)),
  },
  MEDIA_GRACE_HOURS: {
    about: 'How long media are kept that no post uses.',
    shape: 'hours, 1 to 8760 (default 24)',
    schema: z
      .string()
      .regex(/^\d{1,4}$/)
      .transform(Number)
      .refine((value) => value >= 1 && value <= 8760)
      .default(24),
  },
  WEBHOOK_ALLOWED_PRIVATE_HOSTS: {
    about: 'Private addresses to which webhooks may be sent all the same.',
    shape: 'host:port pairs with commas between',
    schema: list(z.string().regex(hostPort)),
  },
  PINTAIL_LEASE_SECONDS: {
    about: 'After how long the accounts of a worker that died go to another one.',
    shape: 'seconds, 3 to 300 (default 12)',
    schema: wholeNumber(12, 3, 300),
  },
  PINTAIL_CONFIRM_DELAYS: {
    about: 'After a lost answer: the seconds to wait before each look for the Pin on Pinterest.',
    shape: 'seconds with commas between (default 10,30,120,600)',
    schema: z
      .string()
      .regex(/^\d{1,6}(\s*,\s*\d{1,6})*$/)
      .default('10,30,120,600')
      .transform((text) => text.split(',').map(Number)),
  },
  TRACKING_PARAMETERS: {
    about:
      'Query parameters that the spacing rules leave out when they compare urls. A change counts for the rules and posts stored from then on.',
    shape: `names with commas between, with * at the end for any ending, or none (default ${trackingParameters})`,
    schema: z
      .string()
      .default(trackingParameters)
      .transform((text) => (text === 'none' ? '' : text))
      .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
      .pipe(z.array(z.string().regex(/^[^\s*&=#?]+\*?$/))),
  },
  METRICS_TOKEN: {
    about: 'The bearer token that /metrics requires. Without it, only callers on this machine may read it.',
    shape: 'at least 16 characters without spaces',
    schema: z
      .string()
      .regex(/^\S{16,200}$/)
      .optional(),
    secret: true,
  },
  WORKER_PORT: {
    about: 'Where a process that only publishes answers /health, /ready and /metrics. Others do so on PORT.',
    shape: 'a port number (default: none; 0 for any free one)',
    schema: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .refine((value) => value <= 65_535)
      .optional(),
  },
  EVENTS_KEEP_DAYS: {
    about:
      'For how many days events are kept: the event log, what webhooks can be sent again, and the timelines of posts that are done.',
    shape: 'days, 30 to 36500 (default 90)',
    schema: wholeNumber(90, 30, 36_500),
  },
  PINTAIL_CREATES_MAX: {
    about:
      'How many posts a process publishes at a time for one Pinterest app. Each takes the memory of its pictures.',
    shape: 'a whole number from 1 to 64 (default 32)',
    schema: wholeNumber(32, 1, 64),
  },
  PINTAIL_VIDEO_LEAD_SECONDS: {
    about:
      'How long before its time a video is uploaded to Pinterest, which has to process it before it can be a Pin.',
    shape: 'seconds, 0 to 86400 (default 600)',
    schema: wholeNumber(600, 0, 86_400),
  },
  SIMULATOR_PORT: {
    about: 'The port of the Pinterest simulator.',
    shape: 'a port number (default 8788; 0 for any free one)',
    schema: port(8788),
  },
  API_RATE_PER_MINUTE: {
    about: 'How many requests each API key may make in a minute, over all API processes.',
    shape: 'a whole number from 1 to 1000000 (default 6000)',
    schema: wholeNumber(6000, 1, 1_000_000),
  },
  API_REQUESTS_MAX: {
    about:
      'The number of requests that an API process serves at a time. Further requests get 503 with Retry-After.',
    shape: 'a whole number from 1 to 100000 (default 1000)',
    schema: wholeNumber(1000, 1, 100_000),
  },
  CORS_ORIGINS: {
    about: 'Origins whose pages may call the API from a browser. None unless set.',
    shape: 'origins such as https://app.example.com with commas between, or *',
    schema: list(z.string().regex(/^(\*|https?:\/\/[^\s/?#@]+)$/)),
  },
  LOG_LEVEL: {
    about: 'How much is logged.',
    shape: 'trace, debug, info, warn, error or silent (default info)',
    schema: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent').default('info'),
  },
  LOG_FORMAT: {
    about: 'For people or for machines.',
    shape: 'pretty or json (default: pretty in a terminal, else json)',
    schema: oneOf('pretty', 'json').optional(),
  },
} satisfies Record<string, Setting<unknown>>;
