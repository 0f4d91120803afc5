// The command `rotate-encryption-key`: encrypts every stored secret with a new key. With a key in the settings, the
// operator provides both keys; with the key file, this creates the new key. After an interruption, run it again.
import { keyFileOf } from '../../app.ts';
import { readConfig } from '../../config.ts';
import { beginKeyRotation, endKeyRotation } from '../../platform/encryption.ts';
import { CommandProblem } from '../failure.ts';
import { requireAlone } from '../require-alone.ts';
import { withInstallation } from './with-installation.ts';

export async function rotateEncryptionKeyCommand(): Promise<void> {
  const config = readConfig();
  const file = config.encryptionKey === undefined ? keyFileOf(config) : null;
  if (file === null && config.encryptionKeyOld === undefined) {
    throw new CommandProblem(
      'Set PINTAIL_ENCRYPTION_KEY to a new key and PINTAIL_ENCRYPTION_KEY_OLD to the current one, restart every Pintail process with both, then run this command again. To generate a key: openssl rand -hex 32',
    );
  }
  if (file !== null) {
    await withInstallation(async ({ database }) => {
      // A running process has already read the file, and would continue to encrypt with the old key.
      await requireAlone(database);
    });
    beginKeyRotation(file);
  }
  const { accounts, webhooks, answers } = await withInstallation(({ app }) => app.resealSecrets());
  console.log(
    `Encrypted with the new key: the tokens of ${count(accounts.resealed, 'account')}, the secrets of ${count(webhooks.resealed, 'webhook')}, and ${count(answers, 'response')} stored for repeated requests.`,
  );
  const problems = [
    ...(accounts.unreadable.length > 0
      ? [
          `Neither key decrypts the tokens of ${accounts.unreadable.join(', ')}. Connect these accounts again, or run this command with the key that encrypted them. Retain the old key until then.`,
        ]
      : []),
    ...(webhooks.unreadable.length > 0
      ? [
          `Neither key decrypts the secrets of the webhooks ${webhooks.unreadable.join(', ')}. Delete and recreate them, or run this command with the key that encrypted them. Retain the old key until then.`,
        ]
      : []),
  ];
  if (problems.length > 0) throw new CommandProblem(problems.join('\n'));
  if (file !== null) endKeyRotation(file);
  else console.log('PINTAIL_ENCRYPTION_KEY_OLD is no longer needed: unset it.');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
