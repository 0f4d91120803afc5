// The environment that all rows share: a temporary folder, a PostgreSQL with production settings (it flushes to disk)
// and a server of images. Rows open their sites in it.
import { startThrowawayServer, sweepThrowawayServers } from '@pintail/embedded-postgres';
import pg from 'pg';
import { createLog } from '../../server/src/platform/log.ts';
import { type PictureServer, startPictureServer } from './pictures.ts';

export interface Lab {
  folder: string;
  /** The pid of the postmaster, whose children do the work. */
  postgresPid: number;
  pictures: PictureServer;
  /** Prints progress. */
  say(line: string): void;
  /** The folder for CPU profiles of servers; null for none. */
  profileFolder: string | null;
  /** Creates a database. `url` has Pintail's role, which owns it; the superuser can skip foreign key checks. */
  createDatabase(name: string): Promise<{ url: string; superuserUrl: string }>;
  dropDatabase(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function openLab({ say, profileFolder }: Pick<Lab, 'say' | 'profileFolder'>): Promise<Lab> {
  await sweepThrowawayServers();
  const log = createLog({ level: 'error', format: 'json' });
  const postgres = await startThrowawayServer({ log, name: 'bench', durable: true });
  const pictures = await startPictureServer();
  const asSuperuser = (database: string) =>
    Object.assign(new URL(postgres.superuserUrl), { pathname: `/${database}` }).href;
  const maintenance = new pg.Client({ connectionString: postgres.superuserUrl });
  await maintenance.connect();
  return {
    folder: postgres.folder,
    postgresPid: postgres.pid,
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
      await postgres.stop();
    },
  };
}
