// Limits the storage that the media of an organization use. The usage is read at most once a minute for each
// organization, and what this process adds is counted in between: with several processes, the limit may be exceeded by
// what the others add in a minute.
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/db/index.ts';
import { MediaProblem } from './media.errors.ts';
import { sumMediaBytes } from './storage-quota.queries.ts';

const readEveryMs = 60_000;
const organizationsMax = 10_000;

interface Usage {
  bytes: Promise<number>;
  /** The bytes that this process has added since the read. */
  added: number;
  readAt: number;
}

export interface StorageQuota {
  /** Counts a file that is about to be stored. @throws MediaProblem `storage_quota_reached` */
  reserve(organizationId: string, bytes: number): Promise<void>;
}

/** @param bytesMax The maximum for each organization; undefined for no limit */
export function createStorageQuota(
  { database, clock }: { database: Database; clock: Clock },
  bytesMax: number | undefined,
): StorageQuota {
  const usages = new Map<string, Usage>();

  function usageOf(organizationId: string): Usage {
    const now = clock.now().getTime();
    const known = usages.get(organizationId);
    if (known && Math.abs(now - known.readAt) < readEveryMs) return known;
    if (usages.size >= organizationsMax) usages.clear();
    const usage = { bytes: sumMediaBytes(database.db, organizationId), added: 0, readAt: now };
    usages.set(organizationId, usage);
    usage.bytes.catch(() => usages.delete(organizationId));
    return usage;
  }

  return {
    async reserve(organizationId, bytes) {
      if (bytesMax === undefined) return;
      const usage = usageOf(organizationId);
      if ((await usage.bytes) + usage.added + bytes > bytesMax) {
        // Read again for the next file, because media may be deleted meanwhile.
        usages.delete(organizationId);
        throw new MediaProblem(
          'storage_quota_reached',
          `The media of this organization may use at most ${bytesMax / 1e9} GB. Delete media that no post uses: DELETE /v1/media/{mediaId}. The setting MEDIA_ORGANIZATION_GB has the limit.`,
        );
      }
      usage.added += bytes;
    },
  };
}
