import { InvalidArgumentError } from 'commander';
import type { Environment } from '../features/accounts/index.ts';
import { organizationId } from './organization.ts';
import { printJson, withInstallation } from './with-installation.ts';

interface AddOptions {
  accessToken: string;
  refreshToken?: string;
  environment?: string;
  organization?: string;
  json?: true;
}

const environments: readonly Environment[] = ['production', 'sandbox', 'simulator'];

export async function addAccountCommand(options: AddOptions): Promise<void> {
  const account = await withInstallation(async ({ app, database, clock }, config) => {
    const name = options.environment ?? config.pinterestEnvironment;
    const environment = environments.find((known) => known === name);
    if (environment !== config.pinterestEnvironment) {
      throw new InvalidArgumentError(
        `This installation talks to ${config.pinterestEnvironment} (PINTEREST_ENVIRONMENT), not to "${name}".`,
      );
    }
    return app.accounts.connectWithTokens({
      organizationId: await organizationId(database, clock, options.organization),
      accessToken: options.accessToken,
      refreshToken: options.refreshToken ?? null,
      expiresInSeconds: null,
      environment,
    });
  });
  const shown = { id: account.id, username: account.username, environment: account.environment };
  if (options.json) printJson(shown);
  else console.log(`Connected ${shown.username} (${shown.environment}) as ${shown.id}.`);
}

export async function listAccountsCommand(options: { json?: true }): Promise<void> {
  const accounts = await withInstallation(({ app }) => app.accounts.listForOperator());
  if (options.json) printJson(accounts);
  else console.table(accounts);
}
