// Seeding: creates what is missing and leaves existing rows unchanged, so that the same seed can be sent at every start.
import type { Clock } from '../ground/clock.ts';
import { ControlError } from '../ground/control-error.ts';
import { fingerprint, newSecret } from '../store/ids.ts';
import type { Account, App, Board, Section } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Seed, SeedAccount, SeedApp } from './seed.schema.ts';

interface SeedParts {
  store: Store;
  clock: Clock;
}

/** The app of seeded tokens that name none. */
export const builtInApp = {
  clientId: '1500000',
  clientSecret: 'simulator-app-secret',
} as const;

export function ensureBuiltInApp(store: Store): void {
  if (store.rows.apps.has(builtInApp.clientId)) return;
  seedOneApp(store, {
    ...builtInApp,
    name: 'Built-in app',
    level: 'standard',
    redirectUris: [],
    ownerUsername: null,
  });
}

export function applySeed(parts: SeedParts, seed: Seed): unknown {
  return {
    apps: seed.apps.map((app) => seedOneApp(parts.store, app)),
    accounts: seed.accounts.map((account) => seedOneAccount(parts, account)),
  };
}

/** Overwrites an existing app: tests change its level and addresses. */
function seedOneApp(store: Store, input: SeedApp): unknown {
  const row: App = {
    id: input.clientId,
    name: input.name,
    secretFingerprint: fingerprint(input.clientSecret),
    level: input.level,
    redirectUris: input.redirectUris,
    ownerUsername: input.ownerUsername,
  };
  store.commit({ put: 'apps', row });
  return input;
}

function seedOneAccount(parts: SeedParts, input: SeedAccount): unknown {
  const { store, clock } = parts;
  let account = store.findAccount(input.username, input.environment);
  if (account === undefined) {
    requireFree(input.id, store.rows.accounts, 'account');
    account = {
      id: input.id ?? store.ids.next(),
      username: input.username,
      accountType: input.accountType,
      environment: input.environment,
      state: 'active',
      createdAt: clock.now().toISOString(),
    };
    store.commit({ put: 'accounts', row: account });
  } else if (input.id !== undefined && input.id !== account.id) {
    throw new ControlError(409, `The account ${input.username} exists with the id ${account.id}.`);
  }
  const owner = account;
  return {
    username: owner.username,
    id: owner.id,
    accountType: owner.accountType,
    environment: owner.environment,
    boards: input.boards.map((board) => seedBoard(parts, owner, board)),
    tokens: input.tokens.map((token) => seedToken(parts, owner, token)),
  };
}

function seedBoard(parts: SeedParts, account: Account, input: SeedAccount['boards'][number]): unknown {
  const { store, clock } = parts;
  const own = [...store.rows.boards.values()].filter((row) => row.accountId === account.id);
  let board: Board | undefined = own.find((row) =>
    input.id === undefined ? row.name === input.name : row.id === input.id,
  );
  if (board === undefined) {
    requireFree(input.id, store.rows.boards, 'board');
    if (own.some((row) => row.name === input.name)) {
      throw new ControlError(409, `${account.username} has a board named ${input.name} with another id.`);
    }
    board = {
      id: input.id ?? store.ids.next(),
      accountId: account.id,
      name: input.name,
      description: input.description,
      privacy: input.privacy,
      isAdsOnly: input.isAdsOnly,
      createdAt: clock.now().toISOString(),
    };
    store.commit({ put: 'boards', row: board });
  }
  const { id, name, privacy, description, isAdsOnly } = board;
  const sections = input.sections.map((section) => seedSection(parts, id, section));
  return { id, name, privacy, description, isAdsOnly, sections };
}

function seedSection(
  { store }: SeedParts,
  boardId: string,
  input: SeedAccount['boards'][number]['sections'][number],
): Section {
  const existing = [...store.rows.sections.values()].find(
    (row) =>
      row.boardId === boardId && (input.id === undefined ? row.name === input.name : row.id === input.id),
  );
  if (existing !== undefined) return existing;
  requireFree(input.id, store.rows.sections, 'section');
  const section = { id: input.id ?? store.ids.next(), boardId, name: input.name };
  store.commit({ put: 'sections', row: section });
  return section;
}

function seedToken(parts: SeedParts, account: Account, input: SeedAccount['tokens'][number]): unknown {
  const { store, clock } = parts;
  const appId = input.app ?? builtInApp.clientId;
  if (!store.rows.apps.has(appId)) throw new ControlError(404, `There is no app with the clientId ${appId}.`);
  const accessToken = input.accessToken ?? newSecret('pina_');
  const id = fingerprint(accessToken);
  const existing = store.rows.tokens.get(id);
  if (existing !== undefined && existing.accountId !== account.id) {
    throw new ControlError(409, 'This access token belongs to another account.');
  }
  if (existing === undefined) {
    const after = (secondsLater: number) => new Date(clock.nowMs() + secondsLater * 1_000).toISOString();
    store.commit({
      put: 'tokens',
      row: {
        id,
        accountId: account.id,
        appId,
        kind: 'user',
        accessExpiresAt: after(input.expiresInSeconds),
        refreshFingerprint: input.refreshToken === undefined ? null : fingerprint(input.refreshToken),
        refreshExpiresAt: input.refreshToken === undefined ? null : after(input.refreshExpiresInSeconds),
        scopes: input.scopes,
        accessRevokedAt: null,
        refreshRevokedAt: null,
      },
    });
  }
  const { refreshToken, scopes, expiresInSeconds } = input;
  return {
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    scopes,
    expiresInSeconds,
    app: appId,
  };
}

function requireFree(id: string | undefined, rows: ReadonlyMap<string, unknown>, what: string): void {
  if (id !== undefined && rows.has(id)) throw new ControlError(409, `The ${what} id ${id} is taken.`);
}
