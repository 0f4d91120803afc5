// Reads postmaster.pid, in which a PostgreSQL server stores its process id and port, and determines whether that process
// still is the server. Reads synchronously, so that an exiting process can use it: one small file and the system's tables.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, platform } from 'node:process';
import { hasCode } from './failures.ts';

export interface PostmasterFile {
  pid: number;
  port: number | undefined;
  /** Whether the server reports that it accepts connections. */
  isReady: boolean;
}

const path = (cluster: string) => join(cluster, 'postmaster.pid');

export function readPostmasterFile(cluster: string): PostmasterFile | undefined {
  let text: string;
  try {
    text = readFileSync(path(cluster), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  // pid, directory, start, port, socket directory, listen address, shared memory, status
  const lines = text.split('\n');
  // Empty for a moment after its creation, and after some crashes of the machine.
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10)) || 0;
  const port = Number.parseInt(lines[3] ?? '', 10) || undefined;
  return { pid, port, isReady: lines[7]?.trim() === 'ready' };
}

/** Whether a process runs. A zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false;
  }
  if (platform !== 'linux') return /^[^Z]/.test(ps('stat=', pid));
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name is in brackets and may contain anything; the state follows it.
  return stat !== '' && !/\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')));
}

/** Whether the process is a server of this cluster, and not another process that has the id of a dead server. */
export function isServerOf(pid: number, cluster: string): boolean {
  if (pid <= 1 || !isAlive(pid)) return false;
  const directory = realpathSync(cluster);
  if (platform === 'linux') {
    // The working directory of a server is its cluster. Only its user and root can read it: a process of another
    // user is not ours.
    const directoryOfProcess = orEmpty(() => readlinkSync(`/proc/${pid}/cwd`));
    const program = orEmpty(() => readFileSync(`/proc/${pid}/comm`, 'utf8'));
    return directoryOfProcess === directory && program.trim() === 'postgres';
  }
  const output = ps('command=', pid);
  return output.includes('postgres') && output.includes(`-D ${directory} `);
}

function ps(column: string, pid: number): string {
  return orEmpty(() => execFileSync('/bin/ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }));
}

/** Returns an empty text when the process has ended or belongs to another user. */
function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * Whether the server's program file was deleted, as in an upgrade of the packages. Such a server responds until it
 * needs another of its files.
 */
export function isProgramGone(pid: number): boolean {
  if (platform !== 'linux') return false;
  return orEmpty(() => readlinkSync(`/proc/${pid}/exe`)).endsWith(' (deleted)');
}

/** Greater than any process id. */
const unusedPid = 2 ** 31 - 1;

/**
 * Marks the server in the file as dead. PostgreSQL refuses to start while the file contains the id of a running process,
 * or is empty. The file is not deleted: its other lines show PostgreSQL whether children of the dead server still
 * write to the cluster.
 */
export async function markDead(cluster: string): Promise<void> {
  try {
    const [, ...lines] = (await readFile(path(cluster), 'utf8')).split('\n');
    await writeFile(path(cluster), [unusedPid, ...lines].join('\n'), { flag: 'r+' });
  } catch (error) {
    // The server has stopped gracefully meanwhile, and removed its file.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
