// Every setting: its description, its expected form and its parser. docs/settings.md is generated from it.
import { z } from 'zod';

import { limitSettings } from './limit-settings.ts';
import { isNetwork } from './platform/networks.ts';
import { longestLeaseMs } from './platform/work/lease.ts';
import { optionalNumber, type Setting, wholeNumber } from './setting.ts';

export type { Setting } from './setting.ts';

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
    shape: 'a port number (default 8787; 0 for any free port)',
    schema: port(8787),
  },
  PINTAIL_ROLE: {
    about: 'The role of this process: serve requests, publish posts, or both.',
    shape: 'all, api or worker (default all)',
    schema: oneOf('all', 'api', 'worker').default('all'),
  },
  PINTAIL_DATA_DIR: {
    about: 'The folder of the embedded database, the media and the generated keys.',
    shape: 'a folder (default ./.pintail)',
    schema: z.string().min(1).default('./.pintail'),
  },
  DATABASE_URL: {
    about: 'A PostgreSQL server (14 or newer) to use instead of the embedded one.',
    shape: 'postgres://user:password@host:port/database',
    schema: databaseUrl.optional(),
    secret: true,
  },
  DATABASE_DIRECT_URL: {
    about:
      'The same database without its pooler, if DATABASE_URL leads to one in transaction mode (PgBouncer, Supabase port 6543, Neon -pooler). Used to migrate and to listen.',
    shape: 'postgres://user:password@host:port/database (default DATABASE_URL)',
    schema: databaseUrl.optional(),
    secret: true,
  },
  PUBLIC_URL: {
    about:
      'The URL at which callers reach this server. Used in the URLs of media and in the redirect URL of the consent page.',
    shape: 'an http or https URL (default http://HOST:PORT)',
    schema: url.optional(),
  },
  PINTAIL_ENCRYPTION_KEY: {
    about:
      'The key that encrypts stored secrets. Without it, a key is generated and stored in the data folder.',
    shape: '32 random bytes, as 64 hexadecimal characters or base64',
    schema: encryptionKey.optional(),
    secret: true,
  },
  PINTAIL_ENCRYPTION_KEY_OLD: {
    about:
      'The previous key during a rotation, for decryption only. See "Changing the encryption key" in operating.md.',
    shape: '32 random bytes, as 64 hexadecimal characters or base64',
    schema: encryptionKey.optional(),
    secret: true,
  },
  PINTEREST_ENVIRONMENT: {
    about: 'The Pinterest environment. The simulator needs no approval by Pinterest.',
    shape: 'simulator, sandbox or production (default simulator; production if PINTEREST_APP_ID is set)',
    schema: oneOf('simulator', 'sandbox', 'production').optional(),
  },
  PINTEREST_APP_ID: {
    about: 'Your Pinterest app, for connecting accounts on the consent page and refreshing their tokens.',
    shape: 'the app id that Pinterest shows, with PINTEREST_APP_SECRET',
    schema: z.string().regex(/^\S+$/).optional(),
  },
  PINTEREST_APP_SECRET: {
    about:
      "The secret of the app. Use your own app: Pinterest's guidelines forbid collecting secrets of others.",
    shape: 'the app secret that Pinterest shows, with PINTEREST_APP_ID',
    schema: z.string().regex(/^\S+$/).optional(),
    secret: true,
  },
  PINTEREST_ACCESS_LEVEL: {
    about: 'The access level of your Pinterest app. A Trial app has 300 writes per day for all its accounts.',
    shape: 'trial or standard (default standard)',
    schema: oneOf('trial', 'standard').default('standard'),
  },
  PINTEREST_API_URL: {
    about: "Overrides the environment's API URL, for example to use a simulator that runs elsewhere.",
    shape: 'an http or https URL that ends with /v5',
    schema: url.optional(),
  },
  PINTEREST_AUTHORIZE_URL: {
    about: "Overrides the URL of the environment's consent page.",
    shape: 'an http or https URL',
    schema: z.url({ protocol: /^https?$/ }).optional(),
  },
  PINTEREST_TOKEN_URL: {
    about: "Overrides the environment's URL for tokens.",
    shape: 'an http or https URL',
    schema: url.optional(),
  },
  PINTEREST_SEND_IS_STANDARD: {
    about:
      'When to send is_standard with a Pin. Pinterest accepts false only from apps in a closed beta. auto sends it only if it is true.',
    shape: 'auto, always or never (default auto)',
    schema: oneOf('auto', 'always', 'never').default('auto'),
  },
  STORAGE: {
    about: 'The storage for media: the data folder, or a bucket that several machines can share.',
    shape: 'folder or s3 (default folder)',
    schema: oneOf('folder', 's3').default('folder'),
  },
  S3_ENDPOINT: {
    about: 'The URL of the S3-compatible service, without the bucket. The bucket is added to the path.',
    shape: 'an http or https URL, such as https://s3.eu-central-1.amazonaws.com',
    schema: url.optional(),
  },
  S3_REGION: {
    about: 'The region for which requests are signed.',
    shape: 'a name (default us-east-1, which services without regions accept)',
    schema: z.string().regex(/^\S+$/).default('us-east-1'),
  },
  S3_BUCKET: {
    about: 'The bucket. It must exist, and only Pintail may use it.',
    shape: 'the name of a bucket',
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .optional(),
  },
  S3_ACCESS_KEY_ID: {
    about: 'The access key of the bucket. Must be allowed to read, list, write and delete objects.',
    shape: 'the id of an access key, with S3_SECRET_ACCESS_KEY',
    schema: z.string().regex(/^\S+$/).optional(),
  },
  S3_SECRET_ACCESS_KEY: {
    about: 'The secret of the access key.',
    shape: 'the secret of the access key, with S3_ACCESS_KEY_ID',
    schema: z.string().regex(/^\S+$/).optional(),
    secret: true,
  },
  MEDIA_ALLOWED_PRIVATE_HOSTS: {
    about: 'Private hosts from which media can be fetched.',
    shape: 'host:port pairs, separated by commas',
    schema: list(z.string().regex(hostPort)),
  },
  MEDIA_GRACE_HOURS: {
    about: 'The time for which media that no post uses are retained.',
    shape: 'hours, 1 to 8760 (default 24)',
    schema: z
      .string()
      .regex(/^\d{1,4}$/)
      .transform(Number)
      .refine((value) => value >= 1 && value <= 8760)
      .default(24),
  },
  WEBHOOK_ALLOWED_PRIVATE_HOSTS: {
    about: 'Private hosts to which webhooks can be sent.',
    shape: 'host:port pairs, separated by commas',
    schema: list(z.string().regex(hostPort)),
  },
  PINTAIL_LEASE_SECONDS: {
    about: 'After how long the accounts of a worker that died go to another one.',
    shape: 'seconds, 3 to 300 (default 12)',
    schema: wholeNumber(12, 3, longestLeaseMs / 1000),
  },
  PINTAIL_CONFIRM_DELAYS: {
    about: 'The delays of the searches on Pinterest for a Pin whose create response was lost.',
    shape: 'seconds, separated by commas (default 10,30,120,600)',
    schema: z
      .string()
      .regex(/^\d{1,6}(\s*,\s*\d{1,6})*$/)
      .default('10,30,120,600')
      .transform((text) => text.split(',').map(Number)),
  },
  TRACKING_PARAMETERS: {
    about:
      'Query parameters that the spacing rules ignore when they compare URLs. A change applies to rules and posts that are stored after it.',
    shape: `names, separated by commas, with * at the end for any ending, or none (default ${trackingParameters})`,
    schema: z
      .string()
      .default(trackingParameters)
      .transform((text) => (text === 'none' ? '' : text))
      .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
      .pipe(z.array(z.string().regex(/^[^\s*&=#?]+\*?$/))),
  },
  TRUSTED_PROXIES: {
    about: 'The proxies whose X-Forwarded-For is believed, for the addresses of clients in the log.',
    shape: 'addresses and CIDR ranges, separated by commas (default none)',
    schema: list(z.string().refine(isNetwork)),
  },
  METRICS_TOKEN: {
    about: 'The bearer token for /metrics. Without it, /metrics is available only on this machine.',
    shape: 'at least 16 characters without spaces',
    schema: z
      .string()
      .regex(/^\S{16,200}$/)
      .optional(),
    secret: true,
  },
  WORKER_PORT: {
    about:
      'The port of /health, /ready and /metrics in a process that only publishes. Other processes use PORT.',
    shape: 'a port number (default: none; 0 for any free port)',
    schema: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .refine((value) => value <= 65_535)
      .optional(),
  },
  EVENTS_KEEP_DAYS: {
    about:
      'The retention of events: the event log, deliveries that can be sent again, and the timelines of finished posts.',
    shape: 'days, 30 to 36500 (default 90)',
    schema: wholeNumber(90, 30, 36_500),
  },
  POSTS_KEEP_DAYS: {
    about:
      'The retention of published posts, after which they are removed from Pintail with their pictures, never from Pinterest. Spacing rules and the detection of repeated Pins see only posts that are kept.',
    shape: 'days, 30 to 36500 (default: for ever)',
    schema: optionalNumber(30, 36_500),
  },
  PINTAIL_CREATES_MAX: {
    about:
      'The maximum number of posts that a process publishes at a time. Each uses memory for its pictures.',
    shape: 'a whole number from 1 to 64 (default 32)',
    schema: wholeNumber(32, 1, 64),
  },
  PINTAIL_VIDEO_LEAD_SECONDS: {
    about:
      'The time before sendAt at which a video is uploaded to Pinterest, which must process it before the Pin can be created.',
    shape: 'seconds, 0 to 86400 (default 600)',
    schema: wholeNumber(600, 0, 86_400),
  },
  SIMULATOR_PORT: {
    about: 'The port of the Pinterest simulator.',
    shape: 'a port number (default 8788; 0 for any free port)',
    schema: port(8788),
  },
  ...limitSettings,
  CORS_ORIGINS: {
    about: 'Origins whose pages can call the API from a browser. Default: none.',
    shape: 'origins such as https://app.example.com, separated by commas, or *',
    schema: list(z.string().regex(/^(\*|https?:\/\/[^\s/?#@]+)$/)),
  },
  CONNECT_RETURN_ORIGINS: {
    about:
      'Origins of apps to which the `returnUrl` of a connect link can lead. Set it where tenants do not know each other. Default: any.',
    shape: 'origins such as https://app.example.com, separated by commas',
    schema: list(z.string().regex(/^https?:\/\/[^\s/?#@]+$/)),
  },
  LOG_LEVEL: {
    about: 'The minimum level of log lines.',
    shape: 'trace, debug, info, warn, error or silent (default info)',
    schema: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent').default('info'),
  },
  LOG_FORMAT: {
    about: 'The format of log lines: pretty for people, json for programs.',
    shape: 'pretty or json (default: pretty in a terminal, otherwise json)',
    schema: oneOf('pretty', 'json').optional(),
  },
} satisfies Record<string, Setting<unknown>>;
