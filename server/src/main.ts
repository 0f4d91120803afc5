// The front door: the command line of the server.
import { Command } from 'commander';
import { scopes } from './domain/scopes.ts';
import { version } from './platform/version.ts';

// Each command loads only what it needs, so that help and mistakes answer at once.
const program = new Command('pintail')
  .description('A self-hosted Pinterest scheduler.')
  .version(version)
  .showHelpAfterError('(--help lists what there is)');

program
  .command('serve')
  .description('start the API, the worker, or both, as PINTAIL_ROLE says')
  .action(async () => (await import('./operator/commands/serve.command.ts')).serveCommand());

program
  .command('worker')
  .description('start a worker alone (needs DATABASE_URL, or a server on the same data folder)')
  .action(async () => (await import('./operator/commands/serve.command.ts')).serveCommand('worker'));

program
  .command('migrate')
  .description('bring the database up to date')
  .action(async () => (await import('./operator/commands/migrate.command.ts')).migrateCommand());

program
  .command('doctor')
  .description('check database, storage, clock, Pinterest and keys, and say what to do')
  .option('--json', 'print the checks as JSON')
  .action(async (options) => (await import('./operator/commands/doctor.command.ts')).doctorCommand(options));

program
  .command('rotate-encryption-key')
  .description('encrypt everything with a new key; see docs/operating.md')
  .action(async () =>
    (await import('./operator/commands/rotate-encryption-key.command.ts')).rotateEncryptionKeyCommand(),
  );

program
  .command('backup')
  .description('copy database, media and keys to a new folder, also while Pintail runs')
  .requiredOption('--to <folder>', 'where to; must not exist, or be empty')
  .action(async (options) => (await import('./operator/commands/backup.command.ts')).backupCommand(options));

program
  .command('restore')
  .description('put a backup into the data folder; what was due since is looked up on Pinterest first')
  .option('--from <folder>', 'a folder made by backup')
  .option(
    '--taken-at <time>',
    'after restoring a database by other means: when that backup was begun (RFC 3339)',
  )
  .action(async (options) =>
    (await import('./operator/commands/restore.command.ts')).restoreCommand(options),
  );

const keys = program.command('keys').description('API keys');
keys
  .command('create')
  .description('make an API key; it is shown once')
  .requiredOption('--name <name>', 'what the key is for')
  .option('--organization <name>', 'whose key it is; made if there is none of that name (default: the first)')
  .option('--scope <scope...>', `what it may do, any of: ${scopes.join(' ')} (default: everything)`)
  .option('--account <id...>', 'the accounts it may use (default: all)')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./operator/commands/keys.command.ts')).createKeyCommand(options));
keys
  .command('list')
  .description('list the keys, without their secrets')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./operator/commands/keys.command.ts')).listKeysCommand(options));
keys
  .command('revoke <id>')
  .description('revoke a key at once')
  .action(async (id) => (await import('./operator/commands/keys.command.ts')).revokeKeyCommand(id));

const accounts = program.command('accounts').description('Pinterest accounts');
accounts
  .command('add')
  .description('connect an account with tokens made in the Pinterest developer console')
  .requiredOption('--access-token <token>', 'starts with pina_')
  .option('--refresh-token <token>', 'starts with pinr_')
  .option('--environment <environment>', 'production, sandbox or simulator (default: PINTEREST_ENVIRONMENT)')
  .option(
    '--organization <name>',
    'whose account it is; made if there is none of that name (default: the first)',
  )
  .option('--json', 'print as JSON')
  .action(async (options) =>
    (await import('./operator/commands/accounts.command.ts')).addAccountCommand(options),
  );
accounts
  .command('list')
  .description('list the connected accounts')
  .option('--json', 'print as JSON')
  .action(async (options) =>
    (await import('./operator/commands/accounts.command.ts')).listAccountsCommand(options),
  );

program
  .command('demo')
  .description('on a running server with the simulator: create a post, wait, print the Pin')
  .action(async () => (await import('./operator/commands/demo.command.ts')).demoCommand());

try {
  await program.parseAsync();
} catch (error) {
  const { explainFailure } = await import('./operator/failure.ts');
  console.error(explainFailure(error));
  process.exitCode = 1;
}
