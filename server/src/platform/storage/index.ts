// Stores files by key, in a folder or in S3.
export { createFolderStorage, type FolderStorageOptions } from './folder.ts';
export { createS3Storage, type S3Settings } from './s3.ts';
export type {
  ByteRange,
  ListOptions,
  PutOptions,
  Storage,
  StorageSource,
  StoredObject,
} from './storage.ts';
export { storageOutage } from './storage.ts';
export { openTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
