// Starts the programs that Pintail is compared with, each as a separate process.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../lab.ts';
import { type HttpTarget, openTarget } from '../load.ts';
import { type Started, startProgram } from '../processes.ts';
import type { Site } from '../site.ts';
import type { BarePins } from './pins.ts';

const serverProgram = fileURLToPath(new URL('./server.ts', import.meta.url));

export interface BareServer extends Started {
  client: HttpTarget;
}

/** Starts a server that writes to the site's tables, so that both maintain the same indexes. */
export async function startBareServer(lab: Lab, site: Site, connections: number): Promise<BareServer> {
  const name = `bare-${randomBytes(4).toString('hex')}`;
  const folder = join(lab.folder, name);
  await mkdir(folder);
  const started = await startProgram({
    name,
    args: [serverProgram],
    env: {
      BARE_DATABASE_URL: site.databaseUrl,
      BARE_FOLDER: folder,
      BARE_ROW: JSON.stringify({
        organizationId: site.organizationId,
        accountId: site.accounts[0]?.id,
        mediaId: site.mediaId,
      }),
    },
    logFile: join(lab.folder, `${name}.log`),
    readyWhen: /listening (\S+)/,
  });
  const client = openTarget(started.ready[1] ?? '', connections);
  return {
    ...started,
    client,
    async stop() {
      await client.close();
      await started.stop();
    },
  };
}

const pinsProgram = fileURLToPath(new URL('./pins.ts', import.meta.url));

/** Creates Pins as fast as possible. */
export async function startBarePins(
  lab: Lab,
  input: BarePins,
): Promise<{ seconds: number; cpuMsEach: number }> {
  const name = `pins-${randomBytes(4).toString('hex')}`;
  const inputFile = join(lab.folder, `${name}.json`);
  await writeFile(inputFile, JSON.stringify(input));
  const started = await startProgram({
    name,
    args: [pinsProgram, inputFile],
    env: {},
    logFile: join(lab.folder, `${name}.log`),
    readyWhen: /done (\{.*\})/,
    readyWithinMs: 300_000,
  });
  await started.stop();
  return JSON.parse(started.ready[1] ?? '') as { seconds: number; cpuMsEach: number };
}
