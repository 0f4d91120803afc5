// What a new installation needs before it can be used: an organization, a key and, on the simulator, an
// account with boards. Run at each start; a second start finds everything there.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AccountsService, findSimulatorAccount } from '../features/accounts/index.ts';
import {
  type AuthService,
  findFirstOrganization,
  firstOrganizationName,
  type KeyPrefix,
} from '../features/auth/index.ts';
import type { Database } from '../platform/db/index.ts';
import { Refusal } from '../platform/errors.ts';
import { systemActor } from '../platform/use-case/index.ts';
import { lockFirstRun } from './first-run.queries.ts';

const demoUsername = 'pintail_demo';
const demoBoards = [
  { name: 'Recipes', description: 'Things to cook.' },
  { name: 'Garden', description: 'Things that grow.' },
  { name: 'Home', description: 'Rooms to live in.' },
];

export interface FirstRunParts {
  database: Database;
  auth: AuthService;
  accounts: AccountsService;
  /** Keeps the first key of an installation on the simulator, so that each start can show it. */
  keyFile: string;
  /** The simulator that this process runs; null where Pinterest is real or the simulator runs elsewhere. */
  simulatorUrl: string | null;
  /** Our app on that simulator, and where its consent page leads back to. */
  app: { appId: string; appSecret: string };
  redirectUri: string;
  keyPrefix: KeyPrefix;
}

export interface FirstRunResult {
  /** Null when the key was made earlier and is not kept. */
  key: string | null;
  /** Whether `key` was made just now. */
  isNew: boolean;
  accountId: string | null;
}

export async function firstRun(parts: FirstRunParts): Promise<FirstRunResult> {
  // Of several processes that start at once on an empty database, one does it and the others find it done.
  return parts.database.transaction(async (tx) => {
    await lockFirstRun(tx);
    const organization = await findFirstOrganization(parts.database.db);
    const made = organization ? null : await makeFirstKey(parts);
    const organizationId = made?.organizationId ?? organization?.id;
    const accountId =
      parts.simulatorUrl !== null && organizationId !== undefined
        ? await connectDemoAccount(parts, parts.simulatorUrl, organizationId)
        : null;
    return { key: made?.key ?? readKeptKey(parts), isNew: made !== null, accountId };
  });
}

async function makeFirstKey(parts: FirstRunParts) {
  const made = await parts.auth.createKey({
    name: 'first key',
    organization: firstOrganizationName,
    scopes: null,
    accountIds: null,
    prefix: parts.keyPrefix,
  });
  // It opens nothing but pretend accounts, and a newcomer wants to see it again. A live key is shown once.
  if (parts.simulatorUrl !== null) writeFileSync(parts.keyFile, `${made.key}\n`, { mode: 0o600 });
  return made;
}

function readKeptKey(parts: FirstRunParts): string | null {
  return parts.simulatorUrl !== null && existsSync(parts.keyFile)
    ? readFileSync(parts.keyFile, 'utf8').trim()
    : null;
}

/** The account on the simulator; also puts it back there when the simulator has lost its data. */
async function connectDemoAccount(
  parts: FirstRunParts,
  url: string,
  organizationId: string,
): Promise<string | null> {
  const known = await findSimulatorAccount(parts.database.db, organizationId, demoUsername);
  // Someone did not want it: it does not come back by itself.
  if (known?.disconnected_at) return null;
  // A token that was refused may have been revoked there, and stays so; the account starts with a new one.
  const kept = known?.token_authorized ? parts.accounts.accessToken(known) : null;
  const accessToken = kept ?? `pina_${randomBytes(24).toString('base64url')}`;
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
        ...(known && { id: known.pinterest_user_id }),
        accountType: 'BUSINESS',
        boards: demoBoards,
        tokens: [{ accessToken, expiresInSeconds: 10 * 365 * 24 * 3600 }],
      },
    ],
  });
  if (known?.token_authorized) return known.id;
  try {
    const account = await parts.accounts.connect({
      actor: systemActor,
      organizationId,
      environment: 'simulator',
      accountId: null,
      accessToken,
      refreshToken: null,
      accessTokenExpiresAt: null,
      refreshTokenExpiresAt: null,
    });
    return account.id;
  } catch (error) {
    // The simulator can be told to suspend the account; that is tried out, and no reason not to start.
    if (known && error instanceof Refusal) return known.id;
    throw error;
  }
}

async function seed(url: string, seeds: object): Promise<void> {
  const answer = await fetch(`${url}/_control/seed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(seeds),
  });
  if (!answer.ok) throw new Error(`The simulator did not take its first account: ${await answer.text()}`);
}
