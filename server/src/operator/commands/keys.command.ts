// The commands `keys create`, `keys list` and `keys revoke`.
import { type Scope, scopes } from '../../domain/scopes.ts';
import { CommandProblem } from '../failure.ts';
import { organizationName } from './organization.ts';
import { printJson, withInstallation } from './with-installation.ts';

interface CreateOptions {
  name: string;
  organization?: string;
  scope?: string[];
  account?: string[];
  json?: true;
}

export async function createKeyCommand(options: CreateOptions): Promise<void> {
  const requested = options.scope?.map(toScope) ?? null;
  const created = await withInstallation(async ({ app, database }) =>
    app.auth.createKey({
      name: options.name,
      organization: await organizationName(database, options.organization),
      scopes: requested,
      accountIds: options.account ?? null,
    }),
  );
  if (options.json) printJson(created);
  else console.log(`${created.key}\nStore it now: it is not shown again. Its id is ${created.id}.`);
}

function toScope(text: string): Scope {
  const scope = scopes.find((name) => name === text);
  if (!scope) throw new CommandProblem(`Unknown scope "${text}". Use any of: ${scopes.join(' ')}.`);
  return scope;
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
  }));
  if (options.json) printJson(keys);
  else
    console.table(
      keys.map(({ id, name, prefix, organization, lastUsedAt, revokedAt }) => ({
        id,
        name,
        prefix,
        organization,
        lastUsedAt,
        revokedAt,
      })),
    );
}

export async function revokeKeyCommand(id: string): Promise<void> {
  const revoked = await withInstallation(({ app }) => app.auth.revokeKey(id));
  if (!revoked) throw new CommandProblem(`No active API key has the id ${id}. \`keys list\` shows all keys.`);
  console.log(`Revoked ${id}. Running servers refuse it immediately.`);
}
