// The part of each operation that is open to a key restricted to some accounts (`accountIds`). docs/api-contract.md shows
// this table, and foreign-ids.test.ts tests every row: an operation without a row fails.

/** `own` stands for the accounts that the key is restricted to. */
export interface RestrictedRow {
  /** For the documentation. */
  may: string;
  /** The operation is refused with 403 whatever the ids; the example of the test needs another account. */
  isRefused?: true;
}

const ofAccount = 'in its own accounts';
const ofPosts = 'posts of its own accounts';
const ofBoards = 'boards of its own accounts';
const ofSchedule = 'the schedule of its own accounts';
const ofWebhooks = 'webhooks that are restricted to its own accounts, or to some of them';
const ofDeliveries = `${ofWebhooks}; deliveries of the accounts that the webhook has now`;
const ofKeys = 'keys with at most its own rights: scopes, accounts and expiry';
const ofMedia = 'media that it added, and media that posts of its own accounts use';

export const restrictedKeys: Readonly<Record<string, RestrictedRow>> = {
  createPost: { may: `${ofPosts}, with media that it sees` },
  listPosts: { may: ofPosts },
  editPosts: { may: `${ofPosts}, with media that it sees` },
  getPost: { may: ofPosts },
  editPost: { may: `${ofPosts}, with media that it sees` },
  deletePost: { may: ofPosts },
  schedulePost: { may: ofPosts },
  unschedulePost: { may: ofPosts },
  getPostTimeline: { may: ofPosts },
  resolvePost: { may: ofPosts },
  validatePost: { may: `${ofPosts}, with media that it sees` },
  createBatch: { may: `${ofPosts}, with media that it sees` },
  getBatch: { may: ofPosts },

  listAccounts: { may: 'its own accounts' },
  getAccount: { may: 'its own accounts' },
  updateAccount: { may: 'its own accounts' },
  pauseAccount: { may: 'its own accounts' },
  resumeAccount: { may: 'its own accounts' },
  disconnectAccount: { may: 'its own accounts' },
  connectAccountByTokens: { may: 'new tokens for its own accounts; 403 for any other Pinterest user' },
  connectAccount: { may: 'its own accounts, with `accountId`; 403 without it', isRefused: true },

  listBoards: { may: ofBoards },
  createBoard: { may: ofAccount },
  updateBoard: { may: ofBoards },
  deleteBoard: { may: ofBoards },
  listBoardSections: { may: ofBoards },
  createBoardSection: { may: ofBoards },
  deleteBoardSection: { may: ofBoards },
  listBoardLists: { may: ofAccount },
  createBoardList: { may: ofAccount },
  replaceBoardList: { may: ofAccount },
  deleteBoardList: { may: ofAccount },

  listTimeslots: { may: ofSchedule },
  createTimeslot: { may: ofSchedule },
  rebuildTimeslots: { may: ofSchedule },
  updateTimeslot: { may: ofSchedule },
  deleteTimeslot: { may: ofSchedule },
  getSchedule: { may: ofSchedule },
  listSpacingRules: { may: ofSchedule },
  putSpacingRule: { may: ofSchedule },
  deleteSpacingRule: { may: ofSchedule },

  createMedia: { may: 'always; it does not learn whether others have the same file' },
  listMedia: { may: ofMedia },
  getMedia: { may: ofMedia },
  deleteMedia: { may: 'media that it added, while nobody else added or uses it' },

  listEvents: {
    may: 'events of its own accounts; none without an account (disabled webhooks, API keys)',
  },

  listApiKeys: { may: ofKeys },
  createApiKey: { may: ofKeys },
  revokeApiKey: { may: ofKeys },
  getMe: { may: 'itself' },

  createWebhook: { may: 'webhooks for its own accounts; for all of them by default' },
  listWebhooks: { may: ofWebhooks },
  getWebhook: { may: ofWebhooks },
  updateWebhook: { may: ofWebhooks },
  deleteWebhook: { may: ofWebhooks },
  rotateWebhookSecret: { may: ofWebhooks },
  testWebhook: { may: ofWebhooks },
  listWebhookDeliveries: { may: ofDeliveries },
  redeliverWebhookDelivery: { may: ofDeliveries },
  redeliverWebhook: { may: ofDeliveries },
};
