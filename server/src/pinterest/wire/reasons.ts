// Every reason why Pinterest did not do what it was asked: a stable code, a sentence, what to do about it,
// and who is concerned. Which answer has which reason is decided in outcomes.ts.

/** What should pause: this post, everything of this account, or everything of this app. */
export type Scope = 'post' | 'account' | 'app';
/** What the account's owner has to know. */
export type AccountProblem = 'none' | 'unauthorized' | 'spam_block';

export interface Reason {
  message: string;
  remediation: string;
  scope: Scope;
  accountProblem?: AccountProblem;
  /** Pinterest's own words help here; they are added to the sentence. */
  quote?: true;
}

export const reasons = {
  // Nothing left this machine, or nothing came back.
  connection_failed: {
    message: 'Pinterest could not be reached; nothing was sent.',
    remediation: 'Check the network, DNS and PINTEREST_API_URL. It is tried again by itself.',
    scope: 'app',
  },
  answer_lost: {
    message:
      'The request went out, but no answer came back, so it is not known whether Pinterest acted on it.',
    remediation: 'Look on Pinterest before sending it again.',
    scope: 'post',
  },
  answer_unreadable: {
    message: 'Pinterest answered, but the answer could not be read.',
    remediation: 'Look on Pinterest before sending it again. If it goes on, check PINTEREST_API_URL.',
    scope: 'post',
  },
  redirected: {
    message: 'The API address answered with a redirect, which is not followed.',
    remediation: 'Check PINTEREST_API_URL: it must be the API itself, with https and /v5.',
    scope: 'app',
  },
  pinterest_unavailable: {
    message: 'Something went wrong on Pinterest’s side.',
    remediation: 'Look on Pinterest before sending it again.',
    scope: 'post',
    quote: true,
  },
  busy: {
    message: 'Pinterest was busy with another change to the same board.',
    remediation: 'It is tried again by itself.',
    scope: 'post',
  },

  // Limits.
  rate_limited: {
    message: 'Pinterest’s rate limit for this account or app is used up for now.',
    remediation: 'It goes on by itself when the limit is renewed. A Trial app has a daily quota.',
    scope: 'account',
  },
  spam_block: {
    message: 'Pinterest has blocked this account for a while to combat spam.',
    remediation:
      'Wait some hours, then publish with more time between Pins and fewer to the same website. Look into the account on Pinterest.',
    scope: 'account',
    accountProblem: 'spam_block',
  },

  // Token, app, rights.
  token_invalid: {
    message:
      'Pinterest did not accept the account’s token: it is expired, revoked, or of the other environment.',
    remediation: 'Refresh the token; when that fails, connect the account again.',
    scope: 'account',
    accountProblem: 'unauthorized',
  },
  scope_missing: {
    message: 'The account’s token lacks a permission that this needs.',
    remediation: 'Connect the account again and grant every permission that is asked for.',
    scope: 'account',
    accountProblem: 'unauthorized',
  },
  app_not_approved: {
    message: 'Pinterest has not activated this app, or the token is of a limited kind.',
    remediation: 'Look at the app’s status on developers.pinterest.com and wait for its approval.',
    scope: 'app',
  },
  trial_app: {
    message: 'Apps with Trial access cannot create Pins in production.',
    remediation:
      'Ask for Standard access on developers.pinterest.com, or use PINTEREST_ENVIRONMENT=sandbox meanwhile.',
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
    message: 'Pinterest has disapproved this account for what was asked.',
    remediation: 'Look into the account on Pinterest, and appeal there.',
    scope: 'account',
  },
  account_under_review: {
    message: 'Pinterest is still reviewing this account.',
    remediation: 'Wait for Pinterest’s review to end.',
    scope: 'account',
  },

  // Things that are not there.
  board_not_found: {
    message: 'The board does not exist on Pinterest, or this account cannot see it.',
    remediation: 'Choose another board. A secret board needs the secret-board permissions.',
    scope: 'post',
  },
  section_not_found: {
    message: 'The board section does not exist on Pinterest.',
    remediation: 'Choose another section, or none.',
    scope: 'post',
  },
  pin_not_found: {
    message: 'The Pin does not exist on Pinterest, or this account cannot see it.',
    remediation: 'It may have been deleted.',
    scope: 'post',
  },
  media_not_found: {
    message: 'Pinterest does not know the uploaded media, or no longer.',
    remediation: 'Upload the file anew.',
    scope: 'post',
  },
  not_found: {
    message: 'Pinterest did not find what was asked for.',
    remediation: 'Check the board, section and media of the post.',
    scope: 'post',
    quote: true,
  },

  // The content.
  image_too_small: {
    message: 'The image is too small for Pinterest.',
    remediation: 'Use a larger image; 1000 × 1500 pixels is advised.',
    scope: 'post',
  },
  image_broken: {
    message: 'Pinterest cannot read the image.',
    remediation: 'Save the image again as JPEG or PNG.',
    scope: 'post',
  },
  image_fetch_failed: {
    message: 'Pinterest could not fetch the image from its address.',
    remediation: 'Check that anyone can open the address without a login; often it works some minutes later.',
    scope: 'post',
    quote: true,
  },
  video_cover_missing: {
    message: 'A video Pin needs a cover image.',
    remediation: 'Give a cover image, or the second of the video to take it from.',
    scope: 'post',
  },
  too_many_images: {
    message: 'A carousel holds at most five images.',
    remediation: 'Take some images out.',
    scope: 'post',
  },
  link_invalid: {
    message: 'Pinterest does not accept the link of this Pin.',
    remediation: 'Use the full address that the link leads to, starting with https://.',
    scope: 'post',
    quote: true,
  },
  blocked_as_spam: {
    message: 'Pinterest takes the link or text of this Pin for spam.',
    remediation: 'Use the address that the link leads to: shorteners and redirects are treated as spam.',
    scope: 'post',
    quote: true,
  },
  too_big: {
    message: 'The request is too big for Pinterest.',
    remediation: 'Use a smaller file, or give its public address instead.',
    scope: 'post',
  },
  board_name_taken: {
    message: 'The account already has a board with this name.',
    remediation: 'Try a different name.',
    scope: 'post',
  },
  invalid_request: {
    message: 'Pinterest did not accept what was sent.',
    remediation: 'Change what is named there, then try again.',
    scope: 'post',
    quote: true,
  },

  // The upload of a video, which goes to a file store and not to the API.
  upload_refused: {
    message: 'Pinterest’s file store did not take the upload; its permission may have run out.',
    remediation: 'Register the media anew and upload it again.',
    scope: 'post',
    quote: true,
  },
  upload_failed: {
    message: 'The upload broke off.',
    remediation: 'Register the media anew and upload it again.',
    scope: 'post',
  },
} as const satisfies Record<string, Reason>;

/** Stable: stored with posts and shown to API callers. */
export type ReasonCode = keyof typeof reasons;
