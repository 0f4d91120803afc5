// The environments of Pinterest: production, its sandbox, and the simulator. An account belongs to one of them. Tokens, boards
// and ids of one do not work in another.
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { AppCredentials } from './calls/oauth.calls.ts';
import { createPinterest, type Pinterest } from './pinterest.ts';
import type { OnCall } from './wire/watch-calls.ts';

export const environments = ['production', 'sandbox', 'simulator'] as const;
export type Environment = (typeof environments)[number];

export interface EnvironmentAddresses {
  /** With `/v5`. */
  apiUrl: string;
  /** The page where a person grants access. */
  authorizeUrl: string;
  /** The address for exchanging and refreshing tokens. Default: below the API's address. */
  tokenUrl?: string;
}

/** As Pinterest publishes them. A sandbox code is exchanged at the sandbox's own address. */
export const publishedAddresses: Record<'production' | 'sandbox', EnvironmentAddresses> = {
  production: { apiUrl: 'https://api.pinterest.com/v5', authorizeUrl: 'https://www.pinterest.com/oauth/' },
  sandbox: {
    apiUrl: 'https://api-sandbox.pinterest.com/v5',
    authorizeUrl: 'https://www.pinterest.com/oauth/',
  },
};

/** A simulator at its address, for instance `http://127.0.0.1:8788`. */
export function simulatorAddresses(url: string): EnvironmentAddresses {
  return { apiUrl: `${url}/v5`, authorizeUrl: `${url}/oauth/` };
}

export interface PinterestEnvironments {
  /** The client for accounts of an environment, created on first use. */
  of(environment: Environment): Pinterest;
  addresses(environment: Environment): EnvironmentAddresses;
  /** The page where people see a Pin: on Pinterest, or of the simulator. */
  pinUrl(environment: Environment, pinId: string): string;
  /** Our app there; null if none is configured, so that nobody can grant access. */
  app(environment: Environment): AppCredentials | null;
  close(): Promise<void>;
}

export interface EnvironmentsOptions {
  addresses: Record<Environment, EnvironmentAddresses>;
  apps: Partial<Record<Environment, AppCredentials>>;
  clock: Clock;
  log: Log;
  /** Creates the observer of the calls of an environment. */
  watch?: (environment: Environment) => OnCall;
}

export function createEnvironments({
  addresses,
  apps,
  clock,
  log,
  watch,
}: EnvironmentsOptions): PinterestEnvironments {
  const clients = new Map<Environment, Pinterest>();
  return {
    of(environment) {
      const existing = clients.get(environment);
      if (existing) return existing;
      const { apiUrl, tokenUrl } = addresses[environment];
      const client = createPinterest({
        apiUrl,
        clock,
        log,
        ...(tokenUrl && { tokenUrl }),
        ...(apps[environment] && { secrets: [apps[environment].appSecret] }),
        ...(watch && { onCall: watch(environment) }),
      });
      clients.set(environment, client);
      return client;
    },
    addresses: (environment) => addresses[environment],
    pinUrl(environment, pinId) {
      const site =
        environment === 'simulator'
          ? addresses.simulator.apiUrl.replace(/\/v5\/?$/, '')
          : 'https://www.pinterest.com';
      return `${site}/pin/${pinId}/`;
    },
    app: (environment) => apps[environment] ?? null,
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}
