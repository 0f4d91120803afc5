// The reasons for which a request to Pinterest fails: a stable code, a message, a remediation, and the scope of the pause.
// outcomes.ts decides which answer has which reason.

/** The scope of a pause: this post, everything of this account, or everything of this app. */
export type Scope = 'post' | 'account' | 'app';
/** A problem that the owner of the account must fix. */
export type AccountProblem = 'none' | 'unauthorized' | 'spam_block';

export interface Reason {
  message: string;
  remediation: string;
  scope: Scope;
  accountProblem?: AccountProblem;
  /** Pinterest's own message helps here, and is appended. */
  quote?: true;
}

export const reasons = {
  // Network: nothing was sent, or no usable response arrived.
  connection_failed: {
    message: 'Pinterest could not be reached; nothing was sent.',
    remediation: 'Check the network, DNS and PINTEREST_API_URL. Pintail retries automatically.',
    scope: 'app',
  },
  answer_lost: {
    message: 'The request was sent, but no response arrived, so it is unknown whether Pinterest acted on it.',
    remediation: 'Check on Pinterest before sending it again.',
    scope: 'post',
  },
  answer_unreadable: {
    message: 'Pinterest responded, but the response could not be read.',
    remediation: 'Check on Pinterest before sending it again. If this repeats, check PINTEREST_API_URL.',
    scope: 'post',
  },
  redirected: {
    message: 'The API address responded with a redirect, which is not followed.',
    remediation: 'Check PINTEREST_API_URL: it must be the API itself, with https and /v5.',
    scope: 'app',
  },
  pinterest_unavailable: {
    message: 'Pinterest reported an error on its side.',
    remediation: 'Check on Pinterest before sending it again.',
    scope: 'post',
    quote: true,
  },
  busy: {
    message: 'Pinterest was busy with another change to the same board.',
    remediation: 'Pintail retries automatically.',
    scope: 'post',
  },

  // Limits.
  rate_limited: {
    message: 'The Pinterest rate limit of this account or app is used up.',
    remediation: 'Publishing resumes automatically when the limit is renewed. A Trial app has a daily quota.',
    scope: 'account',
  },
  spam_block: {
    message: 'Pinterest has temporarily blocked this account as a protection against spam.',
    remediation:
      'Wait some hours. Then leave more time between Pins, publish fewer Pins for the same website, and check the account on Pinterest.',
    scope: 'account',
    accountProblem: 'spam_block',
  },

  // Token, app, rights.
  token_invalid: {
    message:
      'Pinterest did not accept the token of the account: it is expired, revoked, or from another environment.',
    remediation:
      'Pintail refreshes tokens automatically. If the account stays unauthorized, connect it again.',
    scope: 'account',
    accountProblem: 'unauthorized',
  },
  scope_missing: {
    message: 'The token of the account lacks a permission that this requires.',
    remediation: 'Connect the account again and grant every permission that Pinterest lists.',
    scope: 'account',
    accountProblem: 'unauthorized',
  },
  app_not_approved: {
    message: 'Pinterest has not activated this app, or the token is of a limited kind.',
    remediation: 'Check the status of the app on developers.pinterest.com and wait for its approval.',
    scope: 'app',
  },
  trial_app: {
    message: 'Apps with Trial access cannot create Pins in production.',
    remediation:
      'Request Standard access on developers.pinterest.com. Until then use PINTEREST_ENVIRONMENT=sandbox.',
    scope: 'app',
  },
  grant_invalid: {
    message: 'Pinterest did not accept the authorization code or refresh token.',
    remediation: 'Connect the account again.',
    scope: 'account',
    accountProblem: 'unauthorized',
  },
  not_permitted: {
    message: 'Pinterest does not permit this account to do that.',
    remediation: 'Check that the account owns the board or collaborates on it.',
    scope: 'post',
    quote: true,
  },
  account_disapproved: {
    message: 'Pinterest has disapproved this account for this action.',
    remediation: 'Check the account on Pinterest, and appeal there.',
    scope: 'account',
  },
  account_under_review: {
    message: 'Pinterest is still reviewing this account.',
    remediation: 'Wait until the review ends.',
    scope: 'account',
  },

  // Resources that do not exist.
  board_not_found: {
    message: 'The board does not exist on Pinterest, or this account cannot see it.',
    remediation: 'Choose another board. Secret boards need the permissions for secret boards.',
    scope: 'post',
  },
  section_not_found: {
    message: 'The board section does not exist on Pinterest.',
    remediation: 'Choose another section, or leave it out.',
    scope: 'post',
  },
  pin_not_found: {
    message: 'The Pin does not exist on Pinterest, or this account cannot see it.',
    remediation: 'It may have been deleted.',
    scope: 'post',
  },
  media_not_found: {
    message: 'The uploaded media does not exist on Pinterest, or has expired.',
    remediation: 'Upload the file again.',
    scope: 'post',
  },
  not_found: {
    message: 'Pinterest did not find a resource of this request.',
    remediation: 'Check the board, section and media of the post.',
    scope: 'post',
    quote: true,
  },

  // The content.
  image_too_small: {
    message: 'The image is too small for Pinterest.',
    remediation: 'Use a larger image; 1000 × 1500 pixels is recommended.',
    scope: 'post',
  },
  image_broken: {
    message: 'Pinterest cannot read the image.',
    remediation: 'Save the image again as JPEG or PNG.',
    scope: 'post',
  },
  image_fetch_failed: {
    message: 'Pinterest could not fetch the image from its address.',
    remediation: 'Check that anyone can open the address without a login. It often works some minutes later.',
    scope: 'post',
    quote: true,
  },
  video_cover_missing: {
    message: 'A video Pin needs a cover image.',
    remediation: 'Send a cover image, or the second of the video to use as its cover.',
    scope: 'post',
  },
  too_many_images: {
    message: 'A carousel has at most five images.',
    remediation: 'Remove images.',
    scope: 'post',
  },
  link_invalid: {
    message: 'Pinterest does not accept the link of this Pin.',
    remediation: 'Use the complete address of the page, starting with https://.',
    scope: 'post',
    quote: true,
  },
  blocked_as_spam: {
    message: 'Pinterest rejected the link or text of this Pin as spam.',
    remediation: 'Use the address of the page itself: shortened links and redirects are treated as spam.',
    scope: 'post',
    quote: true,
  },
  too_big: {
    message: 'The request is too large for Pinterest.',
    remediation: 'Use a smaller file, or send its public address instead.',
    scope: 'post',
  },
  board_name_taken: {
    message: 'The account already has a board with this name.',
    remediation: 'Try a different name.',
    scope: 'post',
  },
  invalid_request: {
    message: 'Pinterest rejected the request as invalid.',
    remediation: 'Correct the field that the message names, then try again.',
    scope: 'post',
    quote: true,
  },

  // The upload of a video, which goes to a file store and not to the API.
  upload_refused: {
    message: 'The file store of Pinterest refused the upload; its permission may have expired.',
    remediation: 'Upload the file again.',
    scope: 'post',
    quote: true,
  },
  upload_failed: {
    message: 'The upload was interrupted.',
    remediation: 'Upload the file again.',
    scope: 'post',
  },
} as const satisfies Record<string, Reason>;

/** Stable: stored with posts and shown to API callers. */
export type ReasonCode = keyof typeof reasons;
