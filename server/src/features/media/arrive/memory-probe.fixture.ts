// A process of its own that fetches many pictures or videos at once and prints what it used. Run by media-memory.slow.test.ts:
// node memory-probe.fixture.ts <database url> <folder> <site> <how many> <image or video>
import { join } from 'node:path';
import { newId } from '../../../domain/ids.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openDatabase } from '../../../platform/db/index.ts';
import { createLog } from '../../../platform/log.ts';
import { createOutbound } from '../../../platform/outbound/index.ts';
import { createFolderStorage } from '../../../platform/storage/index.ts';
import { createMedia } from '../index.ts';

const [databaseUrl = '', folder = '', site = '', count = '', type = ''] = process.argv.slice(2);
const declaredType = type === 'video' ? 'video' : 'image';
const clock = systemClock;
const log = createLog({ level: 'warn', format: 'json' });
const database = openDatabase({ url: databaseUrl, log });
const media = await createMedia({
  database,
  clock,
  log,
  storage: await createFolderStorage({ folder: join(folder, 'storage'), clock }),
  outbound: createOutbound({ allowedPrivateHosts: [new URL(site).host], clock }),
  temporaryDir: join(folder, 'incoming'),
  graceMs: 24 * 3_600_000,
});
const organizationId = newId('org');
await database.db
  .insertInto('organizations')
  .values({ id: organizationId, name: organizationId, created_at: clock.now() })
  .execute();

const startedAt = clock.now().getTime();
const rows = await Promise.all(
  Array.from({ length: Number(count) }, (_, index) =>
    media.fetchFromUrl({ organizationId, url: `${site}/${index}`, declaredType }),
  ),
);
const ms = clock.now().getTime() - startedAt;
await database.close();
const rssMax = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ rows: new Set(rows.map(({ id }) => id)).size, rssMax, ms }));
