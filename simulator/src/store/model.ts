// The rows of the simulator's tables. Plain records, written to the journal unchanged.
// Moments are ISO strings in UTC by the simulator's clock.
export type Environment = 'production' | 'sandbox';
export type AppLevel = 'pending' | 'trial' | 'standard';
export type BoardPrivacy = 'PUBLIC' | 'PROTECTED' | 'SECRET';

/** An app registered with Pinterest. Secrets and tokens are stored as fingerprints only. */
export interface App {
  id: string;
  name: string;
  secretFingerprint: string;
  level: AppLevel;
  redirectUris: string[];
  /** The account that a client_credentials token acts for. */
  ownerUsername: string | null;
}

export interface Account {
  id: string;
  username: string;
  accountType: 'PINNER' | 'BUSINESS';
  environment: Environment;
  state: 'active' | 'suspended' | 'deleted';
  createdAt: string;
}

export interface Board {
  id: string;
  accountId: string;
  name: string;
  description: string;
  privacy: BoardPrivacy;
  isAdsOnly: boolean;
  createdAt: string;
}

export interface Section {
  id: string;
  boardId: string;
  name: string;
}

export interface Token {
  /** The fingerprint of the access token, by which a call finds the row. */
  id: string;
  accountId: string;
  appId: string;
  /** `client` came from client_credentials and may call fewer operations (docs/pinterest.md#oauth). */
  kind: 'user' | 'client';
  accessExpiresAt: string;
  refreshFingerprint: string | null;
  refreshExpiresAt: string | null;
  scopes: string[];
  accessRevokedAt: string | null;
  refreshRevokedAt: string | null;
}

/** A single-use code from the authorize page. */
export interface AuthorizationCode {
  id: string;
  appId: string;
  username: string;
  redirectUri: string;
  scopes: string[];
  expiresAt: string;
  usedAt: string | null;
}

export interface Picture {
  sha256: string;
  width: number;
  height: number;
  title: string | null;
  description: string | null;
  link: string | null;
}

export type SourceType =
  | 'image_url'
  | 'image_base64'
  | 'multiple_image_urls'
  | 'multiple_image_base64'
  | 'video_id'
  | 'pin_url';

export interface Pin {
  id: string;
  accountId: string;
  boardId: string;
  boardSectionId: string | null;
  title: string | null;
  description: string | null;
  link: string | null;
  altText: string | null;
  dominantColor: string | null;
  parentPinId: string | null;
  aiDisclosures: string[];
  sourceType: SourceType;
  pictures: Picture[];
  mediaId: string | null;
  isStandard: boolean;
  createdAt: string;
  /** The value of `created_at` in responses. Differs from createdAt when `clockSkewSeconds` is set. */
  shownCreatedAt: string;
  /** Lists omit the Pin before this moment (`listing.delaySeconds`). */
  listedFrom: string;
  requestNumber: number;
  deletedAt: string | null;
}

/** A registered video upload. Its status is computed from these moments and the clock. */
export interface Media {
  id: string;
  accountId: string;
  key: string;
  signature: string;
  registeredAt: string;
  policyExpiresAt: string;
  uploadedAt: string | null;
  sizeBytes: number;
  sha256: string | null;
  /** When processing begins and ends; null for never. Fixed at upload from the switches. */
  processingAt: string | null;
  finishedAt: string | null;
  outcome: 'succeeded' | 'failed';
  expiresAt: string;
}

/** A block for spam on one account (docs/pinterest.md#errors, code 9). */
export interface SpamBlock {
  id: string;
  until: string;
  status: 400 | 403 | 429;
}

export interface Tables {
  apps: App;
  accounts: Account;
  boards: Board;
  sections: Section;
  tokens: Token;
  codes: AuthorizationCode;
  pins: Pin;
  media: Media;
  spamBlocks: SpamBlock;
}

export type TableName = keyof Tables;

export const tableNames: readonly TableName[] = [
  'apps',
  'accounts',
  'boards',
  'sections',
  'tokens',
  'codes',
  'pins',
  'media',
  'spamBlocks',
];
