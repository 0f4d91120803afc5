// The commands `accounts add` and `accounts list`.
import { text } from 'node:stream/consumers';
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

/** The tokens of the options, or of standard input. */
async function tokensOf({ accessToken, refreshToken }: AddOptions) {
  if (accessToken !== '-') return { accessToken, refreshToken: refreshToken ?? null };
  const [access = '', refresh = ''] = (await text(process.stdin)).split('\n').map((line) => line.trim());
  if (access === '') throw new CommandProblem('Standard input has no access token.');
  return { accessToken: access, refreshToken: refreshToken ?? (refresh || null) };
}

export async function addAccountCommand(options: AddOptions): Promise<void> {
  const tokens = await tokensOf(options);
  const account = await withInstallation(async ({ app, database, clock }, config) => {
    const environment = options.environment ?? config.pinterestEnvironment;
    if (!isEnvironment(environment)) {
      throw new CommandProblem(`Unknown environment "${environment}". Use production, sandbox or simulator.`);
    }
    return app.accounts.connect({
      actor: systemActor,
      organizationId: await organizationId(database, clock, options.organization),
      ...tokens,
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
