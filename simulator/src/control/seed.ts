// Seeding: makes what is missing and leaves what is there, so that the same seed may be sent at each start.

import { fingerprint, newSecret } from '../store/ids.ts';
import type { Account, App, Board, Section } from '../store/model.ts';
import type { World } from '../world.ts';
import { ControlError } from './control-error.ts';
import type { Seed, SeedAccount, SeedApp } from './seed.schema.ts';

/** The app that seeded tokens belong to when none is named. */
export const builtInApp = {
  clientId: '1500000',
  clientSecret: 'simulator-app-secret',
} as const;

export function ensureBuiltInApp(world: World): void {
  if (world.store.rows.apps.has(builtInApp.clientId)) return;
  seedOneApp(world, {
    ...builtInApp,
    name: 'Built-in app',
    level: 'standard',
    redirectUris: [],
    ownerUsername: null,
  });
}

export function applySeed(world: World, seed: Seed): unknown {
  return {
    apps: seed.apps.map((app) => seedOneApp(world, app)),
    accounts: seed.accounts.map((account) => seedOneAccount(world, account)),
  };
}

/** An app is what the newest seed says: its level and addresses are what tests change. */
function seedOneApp(world: World, given: SeedApp): unknown {
  const row: App = {
    id: given.clientId,
    name: given.name,
    secretFingerprint: fingerprint(given.clientSecret),
    level: given.level,
    redirectUris: given.redirectUris,
    ownerUsername: given.ownerUsername,
  };
  world.store.commit({ put: 'apps', row });
  return given;
}

function seedOneAccount(world: World, given: SeedAccount): unknown {
  const { store, clock } = world;
  let account = store.findAccount(given.username, given.environment);
  if (account === undefined) {
    requireFree(given.id, store.rows.accounts, 'account');
    account = {
      id: given.id ?? store.ids.next(),
      username: given.username,
      accountType: given.accountType,
      environment: given.environment,
      state: 'active',
      createdAt: clock.now().toISOString(),
    };
    store.commit({ put: 'accounts', row: account });
  } else if (given.id !== undefined && given.id !== account.id) {
    throw new ControlError(409, `The account ${given.username} exists with the id ${account.id}.`);
  }
  const owner = account;
  return {
    username: owner.username,
    id: owner.id,
    accountType: owner.accountType,
    environment: owner.environment,
    boards: given.boards.map((board) => seedBoard(world, owner, board)),
    tokens: given.tokens.map((token) => seedToken(world, owner, token)),
  };
}

function seedBoard(world: World, account: Account, given: SeedAccount['boards'][number]): unknown {
  const { store, clock } = world;
  const own = [...store.rows.boards.values()].filter((row) => row.accountId === account.id);
  let board: Board | undefined = own.find((row) =>
    given.id === undefined ? row.name === given.name : row.id === given.id,
  );
  if (board === undefined) {
    requireFree(given.id, store.rows.boards, 'board');
    if (own.some((row) => row.name === given.name)) {
      throw new ControlError(409, `${account.username} has a board named ${given.name} with another id.`);
    }
    board = {
      id: given.id ?? store.ids.next(),
      accountId: account.id,
      name: given.name,
      description: given.description,
      privacy: given.privacy,
      isAdsOnly: given.isAdsOnly,
      createdAt: clock.now().toISOString(),
    };
    store.commit({ put: 'boards', row: board });
  }
  const { id, name, privacy, description, isAdsOnly } = board;
  const sections = given.sections.map((section) => seedSection(world, id, section));
  return { id, name, privacy, description, isAdsOnly, sections };
}

function seedSection(
  world: World,
  boardId: string,
  given: SeedAccount['boards'][number]['sections'][number],
): Section {
  const { store } = world;
  const found = [...store.rows.sections.values()].find(
    (row) =>
      row.boardId === boardId && (given.id === undefined ? row.name === given.name : row.id === given.id),
  );
  if (found !== undefined) return found;
  requireFree(given.id, store.rows.sections, 'section');
  const section = { id: given.id ?? store.ids.next(), boardId, name: given.name };
  store.commit({ put: 'sections', row: section });
  return section;
}

function seedToken(world: World, account: Account, given: SeedAccount['tokens'][number]): unknown {
  const { store, clock } = world;
  const appId = given.app ?? builtInApp.clientId;
  if (!store.rows.apps.has(appId)) throw new ControlError(404, `There is no app with the clientId ${appId}.`);
  const accessToken = given.accessToken ?? newSecret('pina_');
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
        accessExpiresAt: after(given.expiresInSeconds),
        refreshFingerprint: given.refreshToken === undefined ? null : fingerprint(given.refreshToken),
        refreshExpiresAt: given.refreshToken === undefined ? null : after(given.refreshExpiresInSeconds),
        scopes: given.scopes,
        accessRevokedAt: null,
        refreshRevokedAt: null,
      },
    });
  }
  const { refreshToken, scopes, expiresInSeconds } = given;
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
