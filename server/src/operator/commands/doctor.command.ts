// The command `doctor`: prints the findings. Exits with 1 when a check failed; warnings do not count.
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

/** The message of an outage omits its cause, because API callers read it too. The person at the terminal may see it. */
function explainCause(error: unknown): string {
  if (error instanceof Outage && error.cause instanceof Error)
    return `${error.part}: ${error.cause.message}.`;
  return explainFailure(error);
}
