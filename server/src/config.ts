// Parses all settings once. No other file reads the environment. All problems are reported together.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { S3Settings } from './platform/storage/index.ts';
import { withoutServiceLinks } from './service-links.ts';
import { type Setting, settings } from './settings.ts';

type Values = { [Name in keyof typeof settings]: z.output<(typeof settings)[Name]['schema']> };

export interface Config {
  host: string;
  port: number;
  role: 'all' | 'api' | 'worker';
  dataDir: string;
  databaseUrl: string | undefined;
  databaseDirectUrl: string | undefined;
  trustedProxies: readonly string[];
  publicUrl: string | undefined;
  encryptionKey: Buffer | undefined;
  encryptionKeyOld: Buffer | undefined;
  pinterestEnvironment: 'simulator' | 'sandbox' | 'production';
  pinterestApp: { appId: string; appSecret: string } | undefined;
  pinterestAccessLevel: 'trial' | 'standard';
  pinterestApiUrl: string | undefined;
  pinterestAuthorizeUrl: string | undefined;
  pinterestTokenUrl: string | undefined;
  sendIsStandard: 'auto' | 'always' | 'never';
  /** The bucket for media. Undefined: media are stored in the data folder. */
  s3: S3Settings | undefined;
  mediaAllowedPrivateHosts: readonly string[];
  mediaGraceMs: number;
  mediaOrganizationBytesMax: number | undefined;
  webhookAllowedPrivateHosts: readonly string[];
  leaseMs: number;
  confirmDelaysMs: readonly number[];
  trackingParameters: readonly string[];
  metricsToken: string | undefined;
  workerPort: number | undefined;
  eventsKeptMs: number;
  /** Null: for ever. */
  postsKeptMs: number | null;
  createsMax: number;
  videoLeadMs: number;
  simulatorPort: number;
  ratePerMinute: number;
  organizationRatePerMinute: number | undefined;
  requestsMax: number;
  corsOrigins: readonly string[];
  /** The origins that connect links may lead back to. Empty: any. */
  connectReturnOrigins: readonly string[];
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  logFormat: 'pretty' | 'json';
}

/** All problems of the settings. The message is for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(problems: readonly string[]) {
    super(`Pintail cannot start with these settings:\n${problems.map((line) => `  ${line}`).join('\n')}`);
  }
}

/** Returns the settings of this process. @throws ConfigError */
export function readConfig(): Config {
  return parseConfig(process.env);
}

/** @throws ConfigError with the name and the expected form of each invalid setting, and its value unless it is a secret */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const env = withoutServiceLinks(environment);
  const problems: string[] = [...unknownNames(env)];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const text = readText(name, setting, env, problems);
    const result = setting.schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else {
      const was = setting.secret ? '' : ` It is ${JSON.stringify(text)}.`;
      problems.push(`${name} must be ${setting.shape}.${was}`);
    }
  }
  if ((values.PINTEREST_APP_ID === undefined) !== (values.PINTEREST_APP_SECRET === undefined)) {
    problems.push('PINTEREST_APP_ID and PINTEREST_APP_SECRET belong together. Set both or neither.');
  }
  problems.push(...s3Problems(values as Partial<Values>));
  if (problems.length > 0) throw new ConfigError(problems);
  return toConfig(values as Values);
}

function readText(
  name: string,
  setting: Setting<unknown>,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  // In shells and compose files, an empty variable means "not set".
  const text = env[name] || undefined;
  const file = setting.secret && env[`${name}_FILE`];
  if (!file) return text;
  if (text) problems.push(`${name} and ${name}_FILE are both set. Set only one.`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push(
      `${name}_FILE names a file that cannot be read: ${error instanceof Error ? error.message : file}`,
    );
    return undefined;
  }
}

/** Reports unknown names with our prefix, which are usually misspelled settings. */
function unknownNames(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.keys(settings);
  return Object.keys(env)
    .filter((name) => /^PINTAIL_/.test(name) && !known.includes(name.replace(/_FILE$/, '')))
    .map((name) => {
      const near = closest(name, known);
      return `${name} is not a setting.${distance(name, near) <= 5 ? ` Did you mean ${near}?` : ''}`;
    });
}

const s3Needs = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

/** A bucket requires all its settings. Settings of a bucket without STORAGE=s3 are usually a mistake. */
function s3Problems(values: Partial<Values>): string[] {
  if (values.STORAGE === 's3') {
    const missing = s3Needs.filter((name) => values[name] === undefined);
    return missing.length === 0 ? [] : [`STORAGE=s3 also requires ${missing.join(', ')}.`];
  }
  const unused = s3Needs.filter((name) => values[name] !== undefined);
  if (values.STORAGE === undefined || unused.length === 0) return [];
  return [`STORAGE=s3 is required with ${unused.join(', ')}. Set it, or remove these settings.`];
}

function s3Of(values: Values): S3Settings | undefined {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId } = values;
  const { S3_REGION: region, S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  if (values.STORAGE !== 's3' || !endpoint || !bucket || !accessKeyId || !secretAccessKey) return undefined;
  return { endpoint, region, bucket, accessKeyId, secretAccessKey };
}

function toConfig(values: Values): Config {
  return {
    host: values.HOST,
    port: values.PORT,
    role: values.PINTAIL_ROLE,
    dataDir: resolve(values.PINTAIL_DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    databaseDirectUrl: values.DATABASE_DIRECT_URL,
    trustedProxies: values.TRUSTED_PROXIES,
    publicUrl: values.PUBLIC_URL,
    encryptionKey: values.PINTAIL_ENCRYPTION_KEY,
    encryptionKeyOld: values.PINTAIL_ENCRYPTION_KEY_OLD,
    pinterestEnvironment:
      values.PINTEREST_ENVIRONMENT ?? (values.PINTEREST_APP_ID === undefined ? 'simulator' : 'production'),
    pinterestApp:
      values.PINTEREST_APP_ID !== undefined && values.PINTEREST_APP_SECRET !== undefined
        ? { appId: values.PINTEREST_APP_ID, appSecret: values.PINTEREST_APP_SECRET }
        : undefined,
    pinterestAccessLevel: values.PINTEREST_ACCESS_LEVEL,
    pinterestApiUrl: values.PINTEREST_API_URL,
    pinterestAuthorizeUrl: values.PINTEREST_AUTHORIZE_URL,
    pinterestTokenUrl: values.PINTEREST_TOKEN_URL,
    sendIsStandard: values.PINTEREST_SEND_IS_STANDARD,
    s3: s3Of(values),
    mediaAllowedPrivateHosts: values.MEDIA_ALLOWED_PRIVATE_HOSTS,
    mediaOrganizationBytesMax: values.MEDIA_ORGANIZATION_GB && values.MEDIA_ORGANIZATION_GB * 1e9,
    mediaGraceMs: values.MEDIA_GRACE_HOURS * 3_600_000,
    webhookAllowedPrivateHosts: values.WEBHOOK_ALLOWED_PRIVATE_HOSTS,
    leaseMs: values.PINTAIL_LEASE_SECONDS * 1000,
    confirmDelaysMs: values.PINTAIL_CONFIRM_DELAYS.map((delay) => delay * 1000),
    trackingParameters: values.TRACKING_PARAMETERS,
    metricsToken: values.METRICS_TOKEN,
    workerPort: values.WORKER_PORT,
    eventsKeptMs: values.EVENTS_KEEP_DAYS * 24 * 3600 * 1000,
    postsKeptMs: values.POSTS_KEEP_DAYS === undefined ? null : values.POSTS_KEEP_DAYS * 24 * 3600 * 1000,
    createsMax: values.PINTAIL_CREATES_MAX,
    videoLeadMs: values.PINTAIL_VIDEO_LEAD_SECONDS * 1000,
    simulatorPort: values.SIMULATOR_PORT,
    ratePerMinute: values.API_RATE_PER_MINUTE,
    organizationRatePerMinute: values.API_ORGANIZATION_RATE_PER_MINUTE,
    requestsMax: values.API_REQUESTS_MAX,
    corsOrigins: values.CORS_ORIGINS,
    connectReturnOrigins: values.CONNECT_RETURN_ORIGINS,
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  };
}
