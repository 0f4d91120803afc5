// The command line of the server.
import { Command } from 'commander';
import { scopes } from './domain/scopes.ts';
import { version } from './platform/version.ts';

// Each command loads only the modules that it needs, so that help and usage errors print immediately.
const program = new Command('pintail')
  .description('A self-hosted Pinterest scheduler.')
  .version(version)
  .showHelpAfterError('(run with --help for usage)');

program
  .command('serve')
  .description('start the API, the worker, or both (PINTAIL_ROLE)')
  .action(async () => (await import('./operator/commands/serve.command.ts')).serveCommand());

program
  .command('worker')
  .description('start a worker only (requires DATABASE_URL, or a server on the same data folder)')
  .action(async () => (await import('./operator/commands/serve.command.ts')).serveCommand('worker'));

program
  .command('migrate')
  .description('apply the migrations of the database')
  .action(async () => (await import('./operator/commands/migrate.command.ts')).migrateCommand());

program
  .command('doctor')
  .description('check settings, database, storage, keys and Pinterest, and print how to fix problems')
  .option('--json', 'print the checks as JSON')
  .action(async (options) => (await import('./operator/commands/doctor.command.ts')).doctorCommand(options));

program
  .command('rotate-encryption-key')
  .description('encrypt all stored secrets with a new key (see docs/operating.md)')
  .action(async () =>
    (await import('./operator/commands/rotate-encryption-key.command.ts')).rotateEncryptionKeyCommand(),
  );

program
  .command('backup')
  .description('copy the database, media and keys to a folder; Pintail can be running')
  .requiredOption('--to <folder>', 'the target folder; must be empty or not exist')
  .action(async (options) => (await import('./operator/commands/backup.command.ts')).backupCommand(options));

program
  .command('restore')
  .description(
    'restore a backup into the data folder; posts due since then are searched for on Pinterest first',
  )
  .option('--from <folder>', 'a folder created by the backup command')
  .option(
    '--taken-at <time>',
    'after restoring a database with other tools: when that backup was started (RFC 3339)',
  )
  .action(async (options) =>
    (await import('./operator/commands/restore.command.ts')).restoreCommand(options),
  );

const keys = program.command('keys').description('manage API keys');
keys
  .command('create')
  .description('create an API key, which is shown once')
  .requiredOption('--name <name>', 'a name that says what the key is for')
  .option(
    '--organization <name>',
    'the organization of the key; created if it does not exist (default: the first)',
  )
  .option('--scope <scope...>', `the scopes of the key, any of: ${scopes.join(' ')} (default: all)`)
  .option('--account <id...>', 'the accounts that the key can use (default: all)')
  .option(
    '--expires <time>',
    'when the key expires: RFC 3339, or a number of days such as 90d (default: never)',
  )
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./operator/commands/keys.command.ts')).createKeyCommand(options));
keys
  .command('list')
  .description('list the API keys, without their secrets')
  .option('--json', 'print as JSON')
  .action(async (options) => (await import('./operator/commands/keys.command.ts')).listKeysCommand(options));
keys
  .command('revoke <id>')
  .description('revoke an API key immediately')
  .option('--cascade', 'also revoke the keys that it created, and those that they created')
  .action(async (id, options) =>
    (await import('./operator/commands/keys.command.ts')).revokeKeyCommand(id, options),
  );

const accounts = program.command('accounts').description('manage Pinterest accounts');
accounts
  .command('add')
  .description('connect an account with tokens from the Pinterest developer console')
  .requiredOption(
    '--access-token <token>',
    'starts with pina_; `-` reads it from standard input, and a refresh token from the next line, so that neither is in the list of processes',
  )
  .option('--refresh-token <token>', 'starts with pinr_')
  .option('--environment <environment>', 'production, sandbox or simulator (default: PINTEREST_ENVIRONMENT)')
  .option(
    '--organization <name>',
    'the organization of the account; created if it does not exist (default: the first)',
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
  .description('publish a post on the simulator of a running server, and print the URL of the Pin')
  .action(async () => (await import('./operator/commands/demo.command.ts')).demoCommand());

try {
  await program.parseAsync();
} catch (error) {
  const { explainFailure } = await import('./operator/failure.ts');
  console.error(explainFailure(error));
  process.exitCode = 1;
}
