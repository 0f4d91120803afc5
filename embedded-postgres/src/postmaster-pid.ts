// Reads postmaster.pid, the file by which a PostgreSQL server says who and where it is, and judges whether the
// process named in it still is that server. Reads without awaiting, so that a process that is exiting can ask too:
// it is one small file, and the system's own tables.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill, platform } from 'node:process';
import { hasCode } from './failures.ts';

export interface PostmasterFile {
  pid: number;
  port: number | undefined;
  /** The server takes connections, by its own account. */
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
  // Empty for the instant between the file's making and its filling, and after some crashes of the machine.
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10)) || 0;
  const port = Number.parseInt(lines[3] ?? '', 10) || undefined;
  return { pid, port, isReady: lines[7]?.trim() === 'ready' };
}

/** A dead process whose parent has not looked yet (a zombie) is dead. */
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

/** Whether the process is a server of this cluster, rather than one that was given a dead server's number. */
export function isServerOf(pid: number, cluster: string): boolean {
  if (pid <= 1 || !isAlive(pid)) return false;
  const directory = realpathSync(cluster);
  if (platform === 'linux') {
    // A server works in its cluster, and hardly anything else does. Only its own user (and root) may look:
    // a process of somebody else's is not ours.
    const works = orEmpty(() => readlinkSync(`/proc/${pid}/cwd`));
    const program = orEmpty(() => readFileSync(`/proc/${pid}/comm`, 'utf8'));
    return works === directory && program.trim() === 'postgres';
  }
  const output = ps('command=', pid);
  return output.includes('postgres') && output.includes(`-D ${directory} `);
}

function ps(column: string, pid: number): string {
  return orEmpty(() => execFileSync('/bin/ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }));
}

/** Where the process has ended meanwhile, or is somebody else's, there is nothing to read. */
function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * Whether the server's program has been removed under it, as an upgrade of the packages does. Such a server
 * answers until it needs one of its other files.
 */
export function isProgramGone(pid: number): boolean {
  if (platform !== 'linux') return false;
  return orEmpty(() => readlinkSync(`/proc/${pid}/exe`)).endsWith(' (deleted)');
}

/** Greater than any process number. */
const nobodysPid = 2 ** 31 - 1;

/**
 * Says in the file that its server is dead. PostgreSQL refuses to start while the number in it is a living
 * process's, or while the file is empty. It is not deleted: from its other lines PostgreSQL tells whether children of the dead server
 * still write to the cluster.
 */
export async function markDead(cluster: string): Promise<void> {
  try {
    const [, ...rest] = (await readFile(path(cluster), 'utf8')).split('\n');
    await writeFile(path(cluster), [nobodysPid, ...rest].join('\n'), { flag: 'r+' });
  } catch (error) {
    // It has ended in good order meanwhile and taken its file with it.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
