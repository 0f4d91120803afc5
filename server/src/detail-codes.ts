// The meaning of every code in `error.details`, `meta.warnings` and a post's `failure`. docs/errors.md is generated
// from this list. Messages in responses are more specific. error-lists.test.ts compares the list with the source, and
// check-codes.ts with every response of a test app.
import { reasons } from './pinterest/index.ts';

type Codes = Readonly<Record<string, string>>;

/** A field of the body, a parameter or a header is invalid. */
const input: Codes = {
  required: 'The field is missing, null or blank, or one of several fields is required.',
  unknown_field: 'Unknown field or parameter. The message suggests a similar name.',
  wrong_type: 'The value has the wrong type.',
  not_allowed: 'The value is not one of the allowed values, or not allowed together with another field.',
  not_together: 'Two fields exclude each other.',
  too_long: 'The text is longer than the maximum.',
  too_short: 'The text is shorter than the minimum.',
  too_large: 'The number, the list or the file exceeds the maximum.',
  too_deep: 'The JSON is nested too deeply.',
  too_small: 'The number or the list is below the minimum.',
  repeated: 'A value occurs twice in a list of distinct values.',
  invalid: 'The value has an invalid format.',
  invalid_url: 'Not a complete http or https URL.',
  invalid_time: 'Not a valid date and time, or not a valid time of day.',
  offset_missing: 'The time has no offset from UTC, so it is ambiguous.',
  in_the_past: 'The time is not in the future.',
  too_far_ahead: 'The time is too far in the future.',
  bad_character:
    'The text contains a control character or half of a surrogate pair, or the URL a character that must be encoded.',
  invalid_base64: 'The text is not base64.',
  trailing_slash: 'The path exists without the slash at its end.',
  too_many_cells: 'The row has more cells than the header. Put texts that contain the separator in quotes.',
  unknown_time_column:
    'A column of the sheet has dates, but its name is not recognized. Rename it to "Publish date", or remove it to create drafts.',
  unknown_timezone: 'Not an IANA time zone.',
  invalid_token: 'Not a valid token.',
  invalid_cursor: 'Invalid cursor for this list.',
  invalid_event_id: 'Not the id of an event.',
  unknown_event_type: 'Unknown event type.',
  before_from: 'The end of a window is before its start.',
  out_of_range: 'The time is outside the allowed range.',
  window_too_long: 'The window is longer than the maximum.',
  window_too_short: 'The window is shorter than the minimum.',
  invalid_idempotency_key: 'The header Idempotency-Key is empty or longer than 255 characters.',
  needs_board: 'A section without its board, or an edit that would remove the board of a queued post.',
  needs_media: 'The field requires other media.',
  needs_boards: 'The field requires intervalBoards.',
  more: 'There are more problems than a response lists. The message has their number.',
  already_published:
    'The status of the row says that it was published. To publish it again, clear the status.',
  conflicting_columns:
    'Two columns of the sheet are for the same field and have different values. Remove one of them.',
  media_column_missing: 'The sheet has no media column.',
  malformed: 'The body, or a line of it, cannot be parsed.',
  not_utf8: 'The body is not UTF-8.',
  unsupported_media_type: 'The route does not accept the media type of the body.',
  content_encoding: 'The body is compressed. Send it without compression.',
};

/** The state of the resources does not allow the request. */
const circumstances: Codes = {
  scope_missing: 'The API key (or the token of an account) lacks a required permission.',
  beyond_own: 'A key cannot grant more than it has.',
  unavailable: 'A part that Pintail needs is not available.',
  account_not_found: 'The account does not exist, or the key has no access to it.',
  other_pinterest_user: 'Access was granted by a different Pinterest user than the one of the account.',
  post_not_found: 'The post does not exist, or the key has no access to it.',
  version_differs: 'The post was changed since the version in If-Match.',
  external_id_taken: 'Another post of the account has this externalId.',
  pin_taken: 'Another post of the account already has this Pin.',
  schedule_not_allowed: 'The post cannot be scheduled in its current state.',
  unschedule_not_allowed: 'The post cannot be unscheduled in its current state.',
  edit_not_allowed: 'The post cannot be edited in its current state.',
  delete_not_allowed: 'The post cannot be deleted in its current state.',
  resolve_not_allowed: 'The outcome of the post is not in doubt.',
  board_not_found: 'The account has no board with this id. The message suggests similar names.',
  board_unverifiable: 'The board is not in the stored list, and Pinterest could not be reached.',
  section_not_found: 'The board has no section with this id.',
  section_unverifiable: 'The section is not in the stored list, and Pinterest could not be reached.',
  section_in_use: 'Queued posts use this section.',
  timeslot_exists: 'The account already has a timeslot at this day, time and zone.',
  too_many_timeslots: 'Limit reached: 1,000 timeslots per account.',
  too_many_spacing_rules: 'Limit reached: 5,000 spacing rules per account.',
  no_timeslots: 'The account has no timeslots.',
  no_open_slot: 'No timeslot of the account is open within a year.',
  internal_error: 'An internal error occurred for this entry.',
};

/** A picture or a video cannot be fetched or used. */
const media: Codes = {
  bad_url: 'This URL cannot be fetched.',
  private_address: 'The URL leads to an address that is not on the public internet.',
  dns_failed: 'The host name was not found on the public internet.',
  connection_failed: 'The server refused or interrupted the connection.',
  tls_failed: 'The TLS connection failed.',
  timeout: 'The file did not arrive in time.',
  too_slow: 'The file arrived too slowly.',
  http_status: 'The server responded with an error.',
  bad_response: 'The response of the server is not valid HTTP.',
  too_many_redirects: 'Too many redirects.',
  empty_file: 'The file is empty.',
  web_page: 'The URL leads to a web page, not to a file.',
  not_a_media_file: 'The file is neither a picture nor a video.',
  unsupported_image_type: 'Unsupported picture type.',
  unsupported_video_type: 'Unsupported video type.',
  media_type_mismatch: 'The file does not have the declared mediaType.',
  image_broken: 'The picture is damaged or incomplete.',
  image_too_small: 'The picture has too few pixels for Pinterest.',
  image_too_many_pixels: 'The picture has more pixels than can be decoded.',
  image_too_complex: 'The picture takes too long to decode.',
  image_too_large: 'The picture cannot be reduced to Pinterest’s limit.',
  video_broken: 'The video is damaged or incomplete.',
  video_without_picture: 'The video has no pictures, only sound.',
  video_codec_unsupported: 'Pinterest does not accept the codec of the video.',
  video_too_short: 'The video is shorter than Pinterest’s minimum.',
  video_too_long: 'The video is longer than Pinterest’s maximum.',
  video_shape_unsupported: 'The video is too wide or too high for Pinterest.',
  storage_quota_reached: 'The media of the organization use all the storage that they may use.',
  carousel_sizes_differ: 'The pictures of the carousel differ in size.',
  after_the_end: 'The cover frame is after the end of the video.',
  carousel_video: 'A carousel has pictures only.',
  media_not_found: 'The media does not exist, or no longer exists on Pinterest.',
  media_in_use: 'Posts that are not published use the media.',
  media_gone: 'The media was deleted meanwhile.',
};

/** Accepted with a warning: in `meta.warnings`, and in the checks of `validate`. */
const warnings: Codes = {
  account_unauthorized:
    'Pinterest no longer accepts the token of the account. The post waits until it is connected again.',
  boards_not_refreshed: 'Pinterest could not be reached. The stored boards are returned.',
  sections_not_refreshed: 'Pinterest could not be reached. The stored sections are returned.',
  queued_posts_without_board: 'Queued posts use the deleted board and will fail.',
  queued_posts_without_section: 'Queued posts use the deleted section and will fail.',
  link_shortener: 'Pinterest treats shortened links as spam.',
  link_to_pinterest: 'The link leads to Pinterest itself.',
  product_tags_not_published: 'Product tags are stored and not sent to Pinterest.',
  too_near: 'Another post with this destination is closer in time than the spacing rule allows.',
  same_picture: 'The account has a post with this picture and this destination.',
  similar_picture: 'The account has a post with a similar picture and this destination.',
  first_frame_only: 'Only the first frame of the animated picture is used.',
};

/** The reasons of Pintail, rather than Pinterest, for which a post was not published. */
const publishing: Codes = {
  waits_for_decision: 'The Pin was not found. A person must decide whether to publish again (`resolve`).',
  several_pins_match: 'Several Pins could be the post’s. A person must decide (`resolve`).',
  board_too_large_to_search:
    'The board has more Pins than can be searched. A person must decide (`resolve`).',
  missed:
    'The post was not published at its time, and the account is set to hold missed posts. Schedule it again.',
  media_unavailable: 'The stored picture or video cannot be read. Pintail retries automatically.',
  restored_from_backup: 'The post was due after the backup was taken. Pintail searches for its Pin.',
  video_not_processed: 'Pinterest could not process the video.',
  video_not_finished: 'Pinterest did not finish processing the video in time.',
  publishing_paused: 'Publishing was paused when the post was due.',
};

const fromPinterest: Codes = Object.fromEntries(
  Object.entries(reasons).map(([code, { message, remediation }]) => [code, `${message} ${remediation}`]),
);

/** The codes of each section of the page, in its order. */
export const detailCodes: readonly { title: string; about: string; codes: Codes }[] = [
  { title: 'Input', about: 'A field, a parameter or a header is invalid.', codes: input },
  {
    title: 'Circumstances',
    about: 'The state of the resources does not allow the request.',
    codes: circumstances,
  },
  { title: 'Media', about: 'A picture or a video cannot be fetched or used.', codes: media },
  {
    title: 'Warnings',
    about: 'Accepted with a warning: in `meta.warnings` and in `validate`.',
    codes: warnings,
  },
  { title: 'Publishing', about: 'In a post’s `failure` and in its timeline.', codes: publishing },
  {
    title: 'Pinterest',
    about:
      'Refusals of Pinterest, and what to do: in `failure`, in timelines, and in the details of operations that call Pinterest.',
    codes: fromPinterest,
  },
];

/** The codes of `error.details`, without those of warnings and of posts' failures. */
export const errorDetailCodes: readonly string[] = [input, circumstances, media, fromPinterest].flatMap(
  (codes) => Object.keys(codes),
);

export function isDetailCode(code: string): boolean {
  return detailCodes.some(({ codes }) => Object.hasOwn(codes, code));
}
