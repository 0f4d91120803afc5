// As whom PostgreSQL's programs run. They refuse root, so that under root they run as nobody, who may have no
// way to directories that are root's own.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getuid, platform } from 'node:process';

export interface ServerUser {
  uid: number;
  gid: number;
}

/** nobody. initdb insists on a user with a name, which rules out a number of our own. */
const nobody = platform === 'darwin' ? 4_294_967_294 : 65_534;

/** The user to change to, or undefined where the programs can run as whoever we are. */
export function serverUser(): ServerUser | undefined {
  return getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
}

/** Whether the directory, through all that lead to it, is open to the server's user. */
export async function canReach(directory: string, user: ServerUser | undefined): Promise<boolean> {
  if (!user) return true;
  const { mode, uid, gid } = await stat(directory);
  const search = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & search) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || canReach(parent, user);
}
