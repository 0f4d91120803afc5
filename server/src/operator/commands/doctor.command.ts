// Prints what the doctor found. Exit code 1 when a check failed; a warning does not count.
import { Outage } from '../../platform/errors.ts';
import { diagnose, type NamedFinding } from '../doctor.ts';
import { explainFailure } from '../failure.ts';
import { printJson } from './with-installation.ts';

const marks = { ok: 'ok  ', warning: 'WARN', failed: 'FAIL' };

export async function doctorCommand(options: { json?: true }): Promise<void> {
  const findings = await diagnose();
  if (options.json) {
    printJson(findings.map((finding) => ({ name: finding.name, status: finding.status, ...texts(finding) })));
  } else {
    for (const finding of findings) {
      const { message, fix } = texts(finding);
      const text = fix === undefined ? message : `${message} ${fix}`;
      console.log(`${marks[finding.status]}  ${finding.name.padEnd(10)} ${text}`);
    }
  }
  if (findings.some(({ status }) => status === 'failed')) process.exitCode = 1;
}

function texts({ message, fix, cause }: NamedFinding): { message: string; fix?: string } {
  const explained = cause === undefined ? message : `${message} ${explainCause(cause)}`;
  return { message: explained, ...(fix !== undefined && { fix }) };
}

/** An outage does not say what caused it, because callers read it too; the person at the terminal may know. */
function explainCause(error: unknown): string {
  if (error instanceof Outage && error.cause instanceof Error)
    return `${error.part}: ${error.cause.message}.`;
  return explainFailure(error);
}
