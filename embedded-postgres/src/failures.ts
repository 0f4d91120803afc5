// Turns what the file system and PostgreSQL's programs say into a sentence that says what to do.
import { EmbeddedPostgresProblem } from './problem.ts';

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** A failed step of ours in the data directory, if it is one that a person can put right. */
export function explainFileError(error: unknown, dataDir: string): unknown {
  if (hasCode(error, 'EACCES', 'EPERM')) return notWritable(dataDir, error);
  if (hasCode(error, 'EROFS')) return readOnly(dataDir, error);
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return diskFull(dataDir, error);
  return error;
}

/** A PostgreSQL program that failed, from its output. */
export function explainOutput(doing: string, output: string, dataDir: string): EmbeddedPostgresProblem {
  if (/No space left on device|Disk quota exceeded/.test(output)) return diskFull(dataDir, output);
  if (/Read-only file system/.test(output)) return readOnly(dataDir, output);
  if (/could not look up effective user ID/.test(output)) {
    return new EmbeddedPostgresProblem(
      'PostgreSQL needs a user with a name, and the user Pintail runs as has no entry in /etc/passwd. ' +
        'Run Pintail as a user that has one, or set DATABASE_URL.',
    );
  }
  if (/Permission denied/.test(output)) return notWritable(dataDir, output);
  if (/could not (map|create) .*shared memory/.test(output)) {
    return new EmbeddedPostgresProblem(
      'PostgreSQL got no memory from the system. Free about 100 MB, or set DATABASE_URL to another server.',
      { cause: output },
    );
  }
  return new EmbeddedPostgresProblem(`PostgreSQL failed ${doing}. Its last words:\n${lastLines(output)}`);
}

function notWritable(dataDir: string, cause: unknown): EmbeddedPostgresProblem {
  return new EmbeddedPostgresProblem(
    `Pintail may not write in its data directory ${dataDir}. Give it to the user Pintail runs as ` +
      '(chown -R), or set PINTAIL_DATA_DIR to a directory of that user.',
    { cause },
  );
}

function readOnly(dataDir: string, cause: unknown): EmbeddedPostgresProblem {
  return new EmbeddedPostgresProblem(
    `The data directory ${dataDir} is on a disk mounted read-only. Mount it for writing, ` +
      'or set PINTAIL_DATA_DIR to another directory.',
    { cause },
  );
}

function diskFull(dataDir: string, cause: unknown): EmbeddedPostgresProblem {
  return new EmbeddedPostgresProblem(
    `The disk of ${dataDir} is full. Make room (200 MB or more) and start again.`,
    {
      cause,
    },
  );
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-8).join('\n');
}
