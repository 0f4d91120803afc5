// The user that PostgreSQL's programs run as. They refuse root, so that under root they run as `nobody`, which may lack
// access to directories of root.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { getuid, platform } from 'node:process';

export interface ServerUser {
  uid: number;
  gid: number;
}

/** The user `nobody`. initdb requires a user with a name, so an arbitrary number does not work. */
const nobody = platform === 'darwin' ? 4_294_967_294 : 65_534;

/** Returns the user to change to, or undefined when the programs can run as the current user. */
export function serverUser(): ServerUser | undefined {
  return getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
}

/** Whether the server's user can reach the directory through all its parents. */
export async function canReach(directory: string, user: ServerUser | undefined): Promise<boolean> {
  if (!user) return true;
  const { mode, uid, gid } = await stat(directory);
  const search = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & search) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || canReach(parent, user);
}
