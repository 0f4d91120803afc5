// Checks of what surrounds an installation, for the doctor alone: Node, the settings, the encryption key, the way to
// Pinterest.
import { request } from 'undici';
import type { Config } from '../config.ts';
import type { Environment, EnvironmentAddresses } from '../pinterest/index.ts';
import { type Check, type Finding, failed, ok } from '../platform/checks/index.ts';
import { oldKeyFromFile } from '../platform/encryption.ts';

const nodeMajorMin = 24;
const pinterestTimeoutMs = 10_000;

export const nodeCheck: Check = {
  name: 'node',
  async run() {
    const { node } = process.versions;
    if (Number(node.split('.')[0]) >= nodeMajorMin) return ok(node);
    return failed(`Node ${node} is too old.`, `Install Node ${nodeMajorMin} or newer.`);
  },
};

/** Settings that cannot be used do not come this far. */
export function settingsFinding(config: Config): Finding {
  const database = config.databaseUrl ? 'external' : 'embedded';
  return ok(
    `environment ${config.pinterestEnvironment}, data in ${config.dataDir}, PostgreSQL ${database}, media in ${mediaPlace(config)}`,
  );
}

function mediaPlace({ s3 }: Config): string {
  return s3 ? `the bucket ${s3.bucket} at ${s3.endpoint}` : 'the data folder';
}

export function encryptionCheck(config: Config, keyFile: string): Check {
  return {
    name: 'encryption',
    async run() {
      if (config.encryptionKeyOld !== undefined || oldKeyFromFile(keyFile) !== undefined) {
        return failed(
          'A change of the encryption key is not finished.',
          'Run: npm run pintail -- rotate-encryption-key; with keys in the settings, then unset PINTAIL_ENCRYPTION_KEY_OLD.',
        );
      }
      if (config.encryptionKey !== undefined) return ok('the key is in the settings');
      return ok(
        config.databaseUrl
          ? `the key is in ${keyFile}; processes on other machines need the same one (PINTAIL_ENCRYPTION_KEY)`
          : `the key is in ${keyFile}: keep a backup of it`,
      );
    },
  };
}

export function pinterestCheck(
  addresses: Record<Environment, EnvironmentAddresses>,
  environment: Environment,
): Check {
  const { apiUrl } = addresses[environment];
  return {
    name: 'pinterest',
    async run() {
      try {
        // Without a token: an answer, even a refusal, shows that Pinterest can be reached.
        const { statusCode, body } = await request(`${apiUrl}/user_account`, {
          headersTimeout: pinterestTimeoutMs,
          bodyTimeout: pinterestTimeoutMs,
        });
        await body.dump();
        return ok(`${apiUrl} answers (${statusCode} without a token)`);
      } catch {
        return failed(
          `${apiUrl} cannot be reached.`,
          environment === 'simulator'
            ? 'The simulator runs only while the server does: npm start.'
            : 'Check the network, DNS and PINTEREST_API_URL.',
        );
      }
    },
  };
}
