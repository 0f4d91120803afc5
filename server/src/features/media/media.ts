// The functions of this room that other rooms use: to receive media, to find it, and to read its files.
import { isId } from '../../domain/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Connection, Database, Tx } from '../../platform/db/index.ts';
import type { Log } from '../../platform/log.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import { openTemporaryFolder, type Storage } from '../../platform/storage/index.ts';
import { createGate } from '../../platform/work/gate.ts';
import { createIntake } from './arrive/intake.ts';
import {
  findPublicFile,
  type MediaOfOrganization,
  openVideo,
  readForPublishing,
} from './files/read-files.ts';
import { createSweep } from './files/sweep.ts';
import { findSimilarPost } from './pictures/similar-post.ts';
import { findMediaRows, holdMedia, type MediaRow } from './record/media.queries.ts';
import { createStorageQuota } from './record/storage-quota.ts';
import { keepInSight, listVisible, type MediaViewer } from './record/visible-media.queries.ts';

export interface MediaOptions {
  database: Database;
  clock: Clock;
  storage: Storage;
  outbound: Outbound;
  log: Log;
  /**
   * The folder for files that are not checked yet. It is created if necessary, and files that a crash left are removed.
   */
  temporaryDir: string;
  /** The retention of media that no post uses. */
  graceMs: number;
  /** The maximum size of all media of an organization. Undefined: no limit. */
  organizationBytesMax?: number | undefined;
}

/** Anybody can request files, so their look-ups use few connections of the database. */
const publicLookupsMax = 4;

export type MediaService = Awaited<ReturnType<typeof createMedia>>;

/** Creates the gates and the temporary folder of a process, and binds the functions to them. */
export async function createMedia(options: MediaOptions) {
  const { clock } = options;
  const temporaryFolder = await openTemporaryFolder(options.temporaryDir, clock);
  const quota = createStorageQuota(options, options.organizationBytesMax);
  const lookups = createGate(publicLookupsMax);
  const { sweep, removeFiles } = createSweep({ ...options, temporaryFolder });
  return {
    ...createIntake({ ...options, temporaryFolder, removeFiles, quota }),
    /** Finds media of an organization by id, including deleted media, because published posts still show it. */
    getMany: findMediaRows,
    find,
    findMany,
    /** Call it before a post stops using media, so that a restricted key still sees the media and can undo its edit. */
    keepInSight,
    hold,
    /** The post of an account with the same or a similar picture, the same destination and about the same time. */
    findSimilarPost,
    readForPublishing: (media: MediaOfOrganization) => readForPublishing(options, media),
    openVideo: (media: MediaOfOrganization) => openVideo(options, media),
    findPublicFile: (mediaId: string, fileName: string) =>
      findPublicFile({ ...options, lookups }, mediaId, fileName),
    sweep,
    removeFiles,
  };
}

/**
 * Finds media by id. Undefined also for an invalid id, for deleted media, and for media that the viewer does not see.
 */
async function find(
  connection: Connection,
  viewer: MediaViewer,
  mediaId: string,
): Promise<MediaRow | undefined> {
  return (await findMany(connection, viewer, [mediaId])).get(mediaId);
}

/** Finds several media by id. */
async function findMany(
  connection: Connection,
  viewer: MediaViewer,
  mediaIds: readonly string[],
): Promise<Map<string, MediaRow>> {
  return listVisible(connection, viewer, mediaIds.filter(isMediaId));
}

/**
 * Returns the media that is not deleted, and locks it against deletion until the transaction ends. Every transaction
 * that begins to use media for a post or a slide calls it.
 */
async function hold(
  tx: Tx,
  organizationId: string,
  mediaIds: readonly string[],
): Promise<Map<string, MediaRow>> {
  return holdMedia(tx, organizationId, mediaIds.filter(isMediaId));
}

function isMediaId(text: string): boolean {
  return isId('med', text);
}
