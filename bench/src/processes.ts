// Child processes: started with their output in a file, so that reading it costs them nothing, and observed through
// /proc, so that the kernel counts what they use. Linux only.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { pause } from '../../server/src/platform/clock.ts';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Returns the CPU time that a process has used since its start, in seconds. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses can contain anything; utime and stime are the 14th and 15th fields (proc(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Returns the CPU time of a process and its descendants, including those that have exited: what PostgreSQL uses. */
export function cpuSecondsOfTree(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
  return cpuSeconds(pid) + ended + childrenOf(pid).reduce((total, child) => total + quietly(child), 0);
}

/** The process of a connection may exit meanwhile. */
function quietly(pid: number): number {
  try {
    return cpuSecondsOfTree(pid);
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** Returns resident memory in megabytes: the current and the highest value. */
export function memoryMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

export interface Started {
  pid: number;
  child: ChildProcess;
  /** Returns everything that it has printed. */
  output(): string;
  stop(): Promise<void>;
}

export interface Start {
  name: string;
  args: string[];
  env: Record<string, string>;
  logFile: string;
  /** Matches the output that shows that it is ready. */
  readyWhen: RegExp;
  readyWithinMs?: number;
}

const pollMs = 10;

/** Starts a program with this Node. Resolves with the match when its output shows that it is ready. */
export async function startProgram({
  name,
  args,
  env,
  logFile,
  readyWhen,
  readyWithinMs = 30_000,
}: Start): Promise<Started & { ready: RegExpExecArray }> {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
  });
  closeSync(log);
  const exited = once(child, 'exit');
  // For a run that is interrupted.
  const abandon = () => child.kill('SIGKILL');
  process.once('exit', abandon);
  child.once('exit', () => process.off('exit', abandon));
  const output = () => readFileSync(logFile, 'utf8');
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const ready = readyWhen.exec(output());
    if (ready && child.pid !== undefined) {
      return { pid: child.pid, child, output, ready, stop: () => end(child, exited) };
    }
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not become ready:\n${output().slice(-3000)}`);
    }
    await pause(pollMs);
  }
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exited;
  clearTimeout(insist);
}
