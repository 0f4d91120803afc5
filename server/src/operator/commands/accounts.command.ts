// The commands `accounts add` and `accounts list`.
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
      throw new CommandProblem(`Unknown environment "${environment}". Use production, sandbox or simulator.`);
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
  const summary = { id: account.id, username: account.username, environment: account.environment };
  if (options.json) printJson(summary);
  else console.log(`Connected ${summary.username} (${summary.environment}) as ${summary.id}.`);
}

export async function listAccountsCommand(options: { json?: true }): Promise<void> {
  const accounts = await withInstallation(({ app }) => app.accounts.listForOperator());
  if (options.json) printJson(accounts);
  else console.table(accounts);
}
