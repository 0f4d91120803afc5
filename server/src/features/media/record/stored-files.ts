// The names of the files of media: in the storage, and at the end of their public URLs. Names are created and parsed
// here, from one list of types, so that no file can be stored under a name that the sweep does not recognize.
import type { MediaRow } from './media.queries.ts';

/** The types that are stored, with the extension of their files. The table `media` has the same list. */
const extensions = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
} as const;

export type StoredType = keyof typeof extensions;

const thumbnailExtension = 'thumbnail.webp';

/** The file name of a thumbnail in its URL. */
export const thumbnailFile = thumbnailExtension;

/** Identifies the files of a row: equal bytes of one organization have the same files. */
export interface FileOwner {
  organizationId: string;
  sha256: string;
}

export type FileKeys = Pick<MediaRow, 'storage_key' | 'thumbnail_key'>;

/** Returns the prefix of the keys of all files of an owner, which is also the name of their lock. */
export function nameOf({ organizationId, sha256 }: FileOwner): string {
  return `${organizationId}/${sha256.slice(0, 2)}/${sha256}`;
}

export function keysOf(owner: FileOwner, contentType: string): FileKeys {
  const name = nameOf(owner);
  return {
    storage_key: `${name}.${extensionOf(contentType)}`,
    thumbnail_key: `${name}.${thumbnailExtension}`,
  };
}

const keyPattern = new RegExp(
  `^(org_[0-9a-z]{26})/([0-9a-f]{2})/(\\2[0-9a-f]{62})\\.(?:${[
    ...Object.values(extensions),
    thumbnailExtension,
  ]
    .map((extension) => RegExp.escape(extension))
    .join('|')})$`,
);

/**
 * Returns the owner of a file; undefined for a key that `keysOf` does not create, because a bucket may have other
 * files.
 */
export function ownerOf(key: string): FileOwner | undefined {
  const [, organizationId, , sha256] = keyPattern.exec(key) ?? [];
  return organizationId && sha256 ? { organizationId, sha256 } : undefined;
}

/** The file name of our copy in its URL. */
export function originalFile(contentType: string): string {
  const kind = contentType.startsWith('video/') ? 'video' : 'image';
  return `${kind}.${extensionOf(contentType)}`;
}

function extensionOf(contentType: string): string {
  if (!isStoredType(contentType)) throw new Error(`Media of type ${contentType} are not stored.`);
  return extensions[contentType];
}

function isStoredType(contentType: string): contentType is StoredType {
  return Object.hasOwn(extensions, contentType);
}
