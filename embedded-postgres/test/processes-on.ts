// Finds the processes that work in a folder or name it in their arguments.
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { platform } from 'node:process';

/** Returns a line with id and arguments for each, without this process and dead ones. */
export function processesOn(folder: string): string[] {
  const working = platform === 'linux' ? new Set(workingIn(folder)) : new Set<number>();
  return execFileSync('ps', ['-A', '-o', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .flatMap((match) => {
      const [, pid, state = '', args = ''] = match ?? [];
      if (!pid || Number(pid) === process.pid || state.startsWith('Z')) return [];
      return working.has(Number(pid)) || args.includes(folder) ? [`${pid} ${args}`] : [];
    });
}

function workingIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false; // It has ended, or belongs to another user.
      }
    });
}
