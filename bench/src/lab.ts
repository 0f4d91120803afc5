// What all rows share: a folder that goes away, a PostgreSQL of their own with production's settings (it writes to
// disk), and a server of pictures. Rows set up their sites in it.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { superuser } from '../../server/src/platform/db/embedded/cluster.ts';
import { readPostmasterFile } from '../../server/src/platform/db/embedded/postmaster-pid.ts';
import { startEmbeddedPostgres } from '../../server/src/platform/db/embedded/supervisor.ts';
import {
  createThrowawayFolder,
  sweepThrowawayServers,
} from '../../server/src/platform/db/embedded/throwaway.ts';
import { createLog } from '../../server/src/platform/log.ts';
import { type PictureServer, startPictureServer } from './pictures.ts';

export interface Lab {
  folder: string;
  /** The server's first process, whose children do the work. */
  postgresPid: number;
  pictures: PictureServer;
  /** For the person who waits. */
  say(line: string): void;
  /** Where servers leave their CPU profiles; null for none. */
  profileFolder: string | null;
  /** As Pintail's role, which owns it; and as the superuser, who may leave out checks of what is surely right. */
  createDatabase(name: string): Promise<{ url: string; superuserUrl: string }>;
  dropDatabase(name: string): Promise<void>;
  close(): Promise<void>;
}

const databaseFolder = 'database';

export async function openLab({ say, profileFolder }: Pick<Lab, 'say' | 'profileFolder'>): Promise<Lab> {
  await sweepThrowawayServers();
  const folder = await createThrowawayFolder('bench');
  const log = createLog({ level: 'error', format: 'json' });
  const dataDir = join(folder, databaseFolder);
  await mkdir(dataDir, { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  const file = readPostmasterFile(join(dataDir, 'postgres'));
  if (!file) throw new Error('PostgreSQL has left no postmaster.pid.');
  // For a run that is broken off; the next run sweeps the folder.
  const abandon = () => process.kill(file.pid, 'SIGQUIT');
  process.once('exit', abandon);
  const pictures = await startPictureServer();
  const asSuperuser = (database: string) =>
    Object.assign(new URL(postgres.url), { username: superuser, pathname: `/${database}` }).href;
  const maintenance = new pg.Client({ connectionString: asSuperuser('postgres') });
  await maintenance.connect();
  return {
    folder,
    postgresPid: file.pid,
    pictures,
    say,
    profileFolder,
    async createDatabase(name) {
      await maintenance.query(`create database ${name} owner pintail`);
      return {
        url: Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href,
        superuserUrl: asSuperuser(name),
      };
    },
    async dropDatabase(name) {
      await maintenance.query(`drop database if exists ${name} with (force)`);
    },
    async close() {
      await maintenance.end();
      await pictures.close();
      process.off('exit', abandon);
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
