import { isEnvironment } from '../../features/accounts/index.ts';
import { systemActor } from '../../platform/use-case/index.ts';
import { CommandProblem } from '../failure.ts';
import { organizationId } from './organization.ts';
import { printJson, withInstallation } from './with-installation.ts';

interface AddOptions {
  accessToken: string;
  refreshToken?: string;
  environment?: string;
  organization?: string;
  json?: true;
}

export async function addAccountCommand(options: AddOptions): Promise<void> {
  const account = await withInstallation(async ({ app, database, clock }, config) => {
    const environment = options.environment ?? config.pinterestEnvironment;
    if (!isEnvironment(environment)) {
      throw new CommandProblem(`There is no environment "${environment}": production, sandbox or simulator.`);
    }
    return app.accounts.connect({
      actor: systemActor,
      organizationId: await organizationId(database, clock, options.organization),
      accessToken: options.accessToken,
      refreshToken: options.refreshToken ?? null,
      accessTokenExpiresAt: null,
      refreshTokenExpiresAt: null,
      accountId: null,
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
