// Translates errors of the file system and of PostgreSQL's programs into messages that say what to do.
import { EmbeddedPostgresProblem } from './problem.ts';

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Returns the problem for an error that a person can fix, or the error itself. */
export function explainFileError(error: unknown, dataDir: string): unknown {
  if (hasCode(error, 'EACCES', 'EPERM')) return notWritable(dataDir, error);
  if (hasCode(error, 'EROFS')) return readOnly(dataDir, error);
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return diskFull(dataDir, error);
  return error;
}

/** Returns the problem for the output of a failed PostgreSQL program. @param doing The purpose: `to start` */
export function explainOutput(doing: string, output: string, dataDir: string): EmbeddedPostgresProblem {
  if (/No space left on device|Disk quota exceeded/.test(output)) return diskFull(dataDir, output);
  if (/Read-only file system/.test(output)) return readOnly(dataDir, output);
  if (/could not look up effective user ID/.test(output)) {
    return new EmbeddedPostgresProblem(
      'PostgreSQL requires a user with a name, but the user that runs Pintail has no entry in /etc/passwd. ' +
        'Run Pintail as a user with an entry, or set DATABASE_URL.',
    );
  }
  if (/Permission denied/.test(output)) return notWritable(dataDir, output);
  if (/could not (map|create) .*shared memory/.test(output)) {
    return new EmbeddedPostgresProblem(
      'PostgreSQL could not allocate shared memory. Free about 100 MB, or set DATABASE_URL to another server.',
      { cause: output },
    );
  }
  return new EmbeddedPostgresProblem(
    `PostgreSQL failed ${doing}. The end of its output:\n${lastLines(output)}`,
  );
}

function notWritable(dataDir: string, cause: unknown): EmbeddedPostgresProblem {
  return new EmbeddedPostgresProblem(
    `Pintail cannot write to its data directory ${dataDir}. Make the user that runs Pintail its owner ` +
      '(chown -R), or set PINTAIL_DATA_DIR to a directory of that user.',
    { cause },
  );
}

function readOnly(dataDir: string, cause: unknown): EmbeddedPostgresProblem {
  return new EmbeddedPostgresProblem(
    `The data directory ${dataDir} is on a disk that is mounted read-only. Mount it read-write, ` +
      'or set PINTAIL_DATA_DIR to another directory.',
    { cause },
  );
}

function diskFull(dataDir: string, cause: unknown): EmbeddedPostgresProblem {
  return new EmbeddedPostgresProblem(
    `The disk of ${dataDir} is full. Free 200 MB or more, then start again.`,
    { cause },
  );
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-8).join('\n');
}
