// What all rows share: a folder that goes away, a PostgreSQL of their own with production's settings (it writes to
// disk), and a server of pictures. Rows set up their sites in it.
import { startThrowawayServer, sweepThrowawayServers } from '@pintail/embedded-postgres';
import pg from 'pg';
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
