// Checks of an installation's environment, for the doctor only: Node, the settings, the encryption key, the connection
// to Pinterest.
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

/** The settings are valid: `readConfig` threw otherwise. */
export function settingsFinding(config: Config): Finding {
  const database = config.databaseUrl ? 'external' : 'embedded';
  return ok(
    `environment ${config.pinterestEnvironment}, data in ${config.dataDir}, PostgreSQL ${database}, media in ${mediaLocation(config)}`,
  );
}

function mediaLocation({ s3 }: Config): string {
  return s3 ? `bucket ${s3.bucket} at ${s3.endpoint}` : 'the data folder';
}

export function encryptionCheck(config: Config, keyFile: string): Check {
  return {
    name: 'encryption',
    async run() {
      if (config.encryptionKeyOld !== undefined || oldKeyFromFile(keyFile) !== undefined) {
        return failed(
          'The rotation of the encryption key is incomplete.',
          'Run: npm run pintail -- rotate-encryption-key. If the keys are in the settings, then unset PINTAIL_ENCRYPTION_KEY_OLD.',
        );
      }
      if (config.encryptionKey !== undefined) return ok('the key is in the settings');
      return ok(
        config.databaseUrl
          ? `the key is in ${keyFile}; processes on other machines need the same key (PINTAIL_ENCRYPTION_KEY)`
          : `the key is in ${keyFile}; back it up`,
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
        // Without a token: any response, even a refusal, shows that Pinterest is reachable.
        const { statusCode, body } = await request(`${apiUrl}/user_account`, {
          headersTimeout: pinterestTimeoutMs,
          bodyTimeout: pinterestTimeoutMs,
        });
        await body.dump();
        return ok(`${apiUrl} responds (${statusCode} without a token)`);
      } catch {
        return failed(
          `${apiUrl} cannot be reached.`,
          environment === 'simulator'
            ? 'The simulator runs only while the server runs: npm start.'
            : 'Check the network, DNS and PINTEREST_API_URL.',
        );
      }
    },
  };
}
