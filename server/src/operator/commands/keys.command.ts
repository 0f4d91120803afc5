// The commands `keys create`, `keys list` and `keys revoke`.
import { z } from 'zod';
import { type Scope, scopes } from '../../domain/scopes.ts';
import { listVisibleIds } from '../../features/accounts/index.ts';
import { findOrganizationId } from '../../features/auth/index.ts';
import { addMs } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { actorFromColumn } from '../../platform/use-case/index.ts';
import { CommandProblem } from '../failure.ts';
import { organizationName } from './organization.ts';
import { printJson, withInstallation } from './with-installation.ts';

interface CreateOptions {
  name: string;
  organization?: string;
  scope?: string[];
  account?: string[];
  expires?: string;
  json?: true;
}

export async function createKeyCommand(options: CreateOptions): Promise<void> {
  const requested = options.scope?.map(toScope) ?? null;
  const created = await withInstallation(async ({ app, clock, database }) => {
    const organization = await organizationName(database, options.organization);
    const expiresAt = expiryOf(options.expires, clock.now());
    await requireAccounts(database, organization, options.account ?? []);
    return app.auth.createKey({
      name: options.name,
      organization,
      scopes: requested,
      accountIds: options.account ?? null,
      expiresAt,
    });
  });
  if (options.json) printJson(created);
  else console.log(`${created.key}\nStore it now: it is not shown again. Its id is ${created.id}.`);
}

function toScope(text: string): Scope {
  const scope = scopes.find((name) => name === text);
  if (!scope) throw new CommandProblem(`Unknown scope "${text}". Use any of: ${scopes.join(' ')}.`);
  return scope;
}

/** Parses `90d` or an RFC 3339 time. */
function expiryOf(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null;
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const moment = z.iso.datetime({ offset: true }).safeParse(text);
  if (days === undefined && !moment.success) {
    throw new CommandProblem(
      '--expires must be an RFC 3339 time such as 2027-01-31T04:00:00Z, or days: 90d.',
    );
  }
  const expiresAt = days === undefined ? new Date(text) : addMs(now, Number(days) * 86_400_000);
  if (expiresAt <= now) throw new CommandProblem('--expires must be in the future.');
  return expiresAt;
}

/** Refuses accounts that the organization does not have: a key for them could see nothing. */
async function requireAccounts(
  database: Database,
  organization: string,
  accountIds: readonly string[],
): Promise<void> {
  const organizationId = await findOrganizationId(database.db, organization);
  const known: ReadonlySet<string> =
    organizationId === undefined
      ? new Set()
      : await listVisibleIds(database.db, { organizationId, accountIds: null }, accountIds);
  const unknown = accountIds.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  throw new CommandProblem(
    `The organization "${organization}" has no connected account ${unknown.join(', ')}. \`accounts list\` shows the ids.`,
  );
}

export async function listKeysCommand(options: { json?: true }): Promise<void> {
  const rows = await withInstallation(({ app }) => app.auth.listKeys());
  const keys = rows.map((row) => ({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    organization: row.organization,
    scopes: row.scopes,
    accountIds: row.account_ids,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    createdBy: actorFromColumn(row.created_by),
  }));
  if (options.json) printJson(keys);
  else
    console.table(
      keys.map(({ scopes: keyScopes, accountIds, createdBy, ...key }) => ({
        id: key.id,
        name: key.name,
        prefix: key.prefix,
        organization: key.organization,
        scopes: keyScopes?.join(' ') ?? 'all',
        accounts: accountIds?.join(' ') ?? 'all',
        createdBy: createdBy.id ?? createdBy.name,
        lastUsedAt: key.lastUsedAt,
        expiresAt: key.expiresAt,
        revokedAt: key.revokedAt,
      })),
    );
}

export async function revokeKeyCommand(id: string, options: { cascade?: true }): Promise<void> {
  const revoked = await withInstallation(({ app }) => app.auth.revokeKey(id, options));
  if (revoked.length === 0)
    throw new CommandProblem(`No active API key has the id ${id}. \`keys list\` shows all keys.`);
  console.log(`Revoked ${revoked.join(', ')}. Running servers refuse revoked keys immediately.`);
}
