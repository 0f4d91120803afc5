import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

function problemsOf(env: Record<string, string>): string {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

test('the default settings are for the simulator on this machine', () => {
  expect(parseConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8787,
    role: 'all',
    pinterestEnvironment: 'simulator',
    leaseMs: 12_000,
    confirmDelaysMs: [10_000, 30_000, 120_000, 600_000],
  });
});

test('all invalid settings are reported together, each with its name and its expected form', () => {
  const message = problemsOf({
    PORT: '99999',
    PINTAIL_ROLE: 'boss',
    PUBLIC_URL: 'ftp://example.com',
    PINTAIL_LEASE_SECONDS: '1',
    PINTAIL_CONFIRM_DELAYS: 'soon',
    MEDIA_ALLOWED_PRIVATE_HOSTS: 'nas',
  });
  expect(
    message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(' ')[0]),
  ).toEqual([
    'PORT',
    'PINTAIL_ROLE',
    'PUBLIC_URL',
    'MEDIA_ALLOWED_PRIVATE_HOSTS',
    'PINTAIL_LEASE_SECONDS',
    'PINTAIL_CONFIRM_DELAYS',
  ]);
  expect(message).toContain('PINTAIL_ROLE must be all, api or worker (default all). It is "boss".');
});

test('a misspelled setting is refused with the name that was probably meant', () => {
  expect(problemsOf({ PINTAIL_DATADIR: '/data' })).toContain('Did you mean PINTAIL_DATA_DIR?');
});

test('the error for an invalid secret does not contain its value', () => {
  const message = problemsOf({ DATABASE_URL: 'hunter2', PINTAIL_ENCRYPTION_KEY: 'hunter3' });
  expect(message).toContain('DATABASE_URL must be postgres://');
  expect(message).not.toMatch(/hunter[23]/);
});

test('a secret can be read from a file, and both forms together are refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pintail-config-'));
  try {
    const file = join(folder, 'url');
    writeFileSync(file, 'postgres://pintail@db/pintail\n');
    expect(parseConfig({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgres://pintail@db/pintail');
    expect(problemsOf({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://x/y' })).toContain('both set');
    expect(problemsOf({ DATABASE_URL_FILE: join(folder, 'none') })).toContain('DATABASE_URL_FILE');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the encryption key can be hexadecimal or base64', () => {
  const bytes = Buffer.alloc(32, 7);
  expect(parseConfig({ PINTAIL_ENCRYPTION_KEY: bytes.toString('hex') }).encryptionKey).toEqual(bytes);
  expect(parseConfig({ PINTAIL_ENCRYPTION_KEY: bytes.toString('base64') }).encryptionKey).toEqual(bytes);
});

test('the tracking parameters are the well-known ones, those in the setting, or none', () => {
  expect(parseConfig({}).trackingParameters).toEqual(
    expect.arrayContaining(['utm_*', 'fbclid', 'gclid', 'epik']),
  );
  expect(parseConfig({ TRACKING_PARAMETERS: ' ref , src_* ' }).trackingParameters).toEqual(['ref', 'src_*']);
  expect(parseConfig({ TRACKING_PARAMETERS: 'none' }).trackingParameters).toEqual([]);
  expect(problemsOf({ TRACKING_PARAMETERS: 'ref=1' })).toContain('TRACKING_PARAMETERS must be names');
});

test('a bucket requires all its settings, and its settings require STORAGE=s3', () => {
  const bucket = {
    S3_ENDPOINT: 'https://s3.example.com/',
    S3_BUCKET: 'pins',
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: 'hunter4',
  };
  expect(parseConfig({}).s3).toBeUndefined();
  expect(parseConfig({ STORAGE: 's3', ...bucket }).s3).toEqual({
    endpoint: 'https://s3.example.com',
    region: 'us-east-1',
    bucket: 'pins',
    accessKeyId: 'id',
    secretAccessKey: 'hunter4',
  });
  expect(problemsOf({ STORAGE: 's3', S3_BUCKET: 'pins' })).toContain(
    'STORAGE=s3 also requires S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY.',
  );
  expect(problemsOf(bucket)).toContain('STORAGE=s3 is required with');
  expect(problemsOf({ STORAGE: 's3', ...bucket, S3_SECRET_ACCESS_KEY: 'hunter 5' })).not.toContain('hunter');
});

test.each(['PINTAIL', 'PINTAIL_API', 'WORKER', 'SIMULATOR', 'PINTAIL_DATABASE'])(
  'the variables that Kubernetes injects for a Service %s are not settings',
  (service) => {
    const address = '10.0.0.1';
    const links = {
      [`${service}_SERVICE_HOST`]: address,
      [`${service}_SERVICE_PORT`]: '8787',
      [`${service}_SERVICE_PORT_HTTP`]: '8787',
      [`${service}_PORT`]: `tcp://${address}:8787`,
      [`${service}_PORT_8787_TCP`]: `tcp://${address}:8787`,
      [`${service}_PORT_8787_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_8787_TCP_PORT`]: '8787',
      [`${service}_PORT_8787_TCP_ADDR`]: address,
      [`${service}_PORT_53_UDP`]: `udp://${address}:53`,
    };
    expect(parseConfig(links)).toEqual(parseConfig({}));
  },
);

test.each([
  ['PINTAIL_PORT', '8787'],
  ['PINTAIL_SERVICE', 'x'],
  ['PINTAIL_SERVICE_HOSTS', 'x'],
  ['PINTAIL_PORT_TCP', 'x'],
  ['PINTAIL_ROLES', 'all'],
])('%s is reported as a misspelled setting', (name, value) => {
  expect(problemsOf({ [name]: value })).toContain(name);
});

test('a port setting is recognized beside the variables of Services', () => {
  expect(parseConfig({ SIMULATOR_PORT: '9001', SIMULATOR_SERVICE_PORT: '8788' }).simulatorPort).toBe(9001);
  expect(problemsOf({ SIMULATOR_PORT: 'http://x' })).toContain('SIMULATOR_PORT');
});
