// Opens the storage for media: a bucket if one is configured, otherwise a folder.
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './platform/clock.ts';
import { createFolderStorage, createS3Storage, type Storage } from './platform/storage/index.ts';

export function openStorage({ s3, dataDir }: Config, clock: Clock): Promise<Storage> {
  if (s3) return createS3Storage({ ...s3, spoolFolder: join(dataDir, 'outgoing'), clock });
  return createFolderStorage({ folder: join(dataDir, 'media'), clock });
}
