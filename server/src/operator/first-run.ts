// Prepares a new installation: an organization, a key and, on the simulator, an account with boards. It runs at each
// start, and changes nothing at later starts.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AccountsService, findSimulatorAccount } from '../features/accounts/index.ts';
import {
  type AuthService,
  findFirstOrganization,
  firstOrganizationName,
  hasLiveKey,
} from '../features/auth/index.ts';
import type { Database } from '../platform/db/index.ts';
import { Refusal } from '../platform/errors.ts';
import { systemActor } from '../platform/use-case/index.ts';
import { lockFirstRun } from './first-run.queries.ts';

const demoUsername = 'pintail_demo';
const demoBoards = [
  { name: 'Recipes', description: 'Dishes to cook.' },
  { name: 'Garden', description: 'Plants to grow.' },
  { name: 'Home', description: 'Ideas for rooms.' },
];

export interface FirstRunParts {
  database: Database;
  auth: AuthService;
  accounts: AccountsService;
  /** Where the first key is stored, readable by its owner only. */
  keyFile: string;
  /** On the simulator each start shows the key again. With Pinterest a key of the simulator is not accepted. */
  isSimulator: boolean;
  /** The simulator that this process runs; null where Pinterest is real or the simulator runs elsewhere. */
  simulatorUrl: string | null;
  /** Pintail's app on that simulator, and the redirect address of its consent page. */
  app: { appId: string; appSecret: string };
  redirectUri: string;
}

export interface FirstRunResult {
  /** Null when the key was created earlier, unless it is one of the simulator. */
  key: string | null;
  keyFile: string;
  /** True if this start created `key`. */
  isNew: boolean;
  accountId: string | null;
}

/** Creates what is missing. Safe to run in several processes at once. */
export async function firstRun(parts: FirstRunParts): Promise<FirstRunResult> {
  // When several processes start at once on an empty database, one prepares it and the others wait.
  return parts.database.transaction(async (tx) => {
    await lockFirstRun(tx);
    const organization = await findFirstOrganization(parts.database.db);
    // A folder that began with the simulator has keys that Pinterest's environments do not accept.
    const hasKey = organization && (parts.isSimulator || (await hasLiveKey(parts.database.db)));
    const created = hasKey ? null : await createFirstKey(parts);
    const organizationId = created?.organizationId ?? organization?.id;
    const accountId =
      parts.simulatorUrl !== null && organizationId !== undefined
        ? await connectDemoAccount(parts, parts.simulatorUrl, organizationId)
        : null;
    return {
      key: created?.key ?? readStoredKey(parts),
      keyFile: parts.keyFile,
      isNew: created !== null,
      accountId,
    };
  });
}

async function createFirstKey(parts: FirstRunParts) {
  const created = await parts.auth.createKey({
    name: 'first key',
    organization: firstOrganizationName,
    scopes: null,
    accountIds: null,
  });
  // Written, because logs keep what is printed. A file of an earlier key must not keep its mode.
  rmSync(parts.keyFile, { force: true });
  writeFileSync(parts.keyFile, `${created.key}\n`, { mode: 0o600 });
  return created;
}

function readStoredKey(parts: FirstRunParts): string | null {
  return parts.isSimulator && existsSync(parts.keyFile) ? readFileSync(parts.keyFile, 'utf8').trim() : null;
}

/** Connects the account on the simulator, and creates it there again when the simulator has lost its data. */
async function connectDemoAccount(
  parts: FirstRunParts,
  url: string,
  organizationId: string,
): Promise<string | null> {
  const account = await findSimulatorAccount(parts.database.db, organizationId, demoUsername);
  // A user disconnected the account, so it is not connected again.
  if (account?.disconnected_at) return null;
  // A token that was refused may have been revoked there, and stays revoked; the account gets a new one.
  const stored = account?.token_authorized ? parts.accounts.accessToken(account) : null;
  const accessToken = stored ?? `pina_${randomBytes(24).toString('base64url')}`;
  await seed(url, {
    apps: [
      {
        clientId: parts.app.appId,
        clientSecret: parts.app.appSecret,
        name: 'Pintail',
        redirectUris: [parts.redirectUri],
      },
    ],
    accounts: [
      {
        username: demoUsername,
        ...(account && { id: account.pinterest_user_id }),
        accountType: 'BUSINESS',
        boards: demoBoards,
        tokens: [{ accessToken, expiresInSeconds: 10 * 365 * 24 * 3600 }],
      },
    ],
  });
  if (account?.token_authorized) return account.id;
  try {
    const connected = await parts.accounts.connect({
      actor: systemActor,
      organizationId,
      environment: 'simulator',
      accountId: null,
      accessToken,
      refreshToken: null,
      accessTokenExpiresAt: null,
      refreshTokenExpiresAt: null,
    });
    return connected.id;
  } catch (error) {
    // The simulator can suspend the account on demand. That is a test, and Pintail starts anyway.
    if (account && error instanceof Refusal) return account.id;
    throw error;
  }
}

async function seed(url: string, seeds: object): Promise<void> {
  const answer = await fetch(`${url}/_control/seed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(seeds),
  });
  if (!answer.ok) throw new Error(`The simulator refused to create the demo account: ${await answer.text()}`);
}
