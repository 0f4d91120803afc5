// Every code that can stand in `error.details`, in `meta.warnings` or in a post's `failure`, with what it means;
// docs/errors.md is made from it. The sentence in an answer says more: what was sent, and what to send instead.
// error-lists.test.ts compares the lists with the source, and check-codes.ts with every answer of a test app.
import { reasons } from './pinterest/index.ts';

type Codes = Readonly<Record<string, string>>;

/** A field of the body, a parameter or a header is not as it must be. */
const input: Codes = {
  required: 'The field is missing, null or blank, or none of several was given.',
  unknown_field: 'There is no such field or parameter; a name that is near is proposed.',
  wrong_type: 'The value is of another type than the field takes.',
  not_allowed: 'The value is none of those that the field takes, or does not go with another field.',
  not_together: 'Two fields exclude each other.',
  too_long: 'The text has more characters than the field takes.',
  too_short: 'The text has fewer characters than the field takes.',
  too_large: 'The number, the list or the file is larger than it may be.',
  too_deep: 'Lists and objects lie deeper in one another than any body does.',
  too_small: 'The number or the list is smaller than it may be.',
  repeated: 'A value is named twice where each may be named once.',
  invalid: 'The value does not have the form that the field takes.',
  invalid_url: 'The text is no full http or https address.',
  invalid_time: 'The text is no real date and time, or no time of day.',
  offset_missing: 'The time has no offset from UTC, so it could mean many moments.',
  in_the_past: 'The moment is not in the future.',
  too_far_ahead: 'The moment is further ahead than any that is meant.',
  bad_character: 'The text holds a NUL or half of a surrogate pair.',
  unknown_timezone: 'The text is no IANA time zone.',
  invalid_token: 'The text cannot be a token.',
  invalid_cursor: 'The cursor is none that this list gave out.',
  invalid_event_id: 'The text is no id of an event.',
  unknown_event_type: 'There is no such type of event.',
  before_from: 'The end of a window lies before its beginning.',
  out_of_range: 'The moment is not within the time that can be asked about.',
  window_too_long: 'The window is longer than it may be.',
  window_too_short: 'The window is shorter than it must be.',
  invalid_idempotency_key: 'The header Idempotency-Key is empty or longer than 255 characters.',
  needs_board:
    'A section is named without the board that it belongs to, or a queued post would lose its board.',
  needs_media: 'The field goes with other media only.',
  needs_boards: 'The field goes with intervalBoards only.',
  more: 'There are more problems than an answer lists; the sentence says how many.',
  media_column_missing: 'The sheet has no column for the media.',
  malformed: 'The body, or a line of it, cannot be read.',
  not_utf8: 'The body is not UTF-8.',
  unsupported_media_type: 'The body has a media type that the route does not take.',
};

/** What the request is about does not allow it. */
const circumstances: Codes = {
  scope_missing: 'The API key (or an account’s token) lacks a permission that this needs.',
  beyond_own: 'A key can give no more than it has.',
  unavailable: 'A part that Pintail needs cannot be reached now.',
  account_not_found: 'There is no such account, or the key may not see it.',
  other_pinterest_user: 'Another Pinterest user came back than the one that was to be re-authorized.',
  post_not_found: 'There is no such post, or the key may not see it.',
  version_differs: 'The post was changed since the version in If-Match.',
  external_id_taken: 'Another post of the account has this externalId.',
  pin_taken: 'Another post of the account has this Pin already.',
  schedule_not_allowed: 'The post’s state does not let it be scheduled.',
  unschedule_not_allowed: 'The post’s state does not let it be unscheduled.',
  edit_not_allowed: 'The post’s state does not let it be edited.',
  delete_not_allowed: 'The post’s state does not let it be deleted.',
  resolve_not_allowed: 'The post’s outcome is not in doubt.',
  board_not_found: 'The account has no such board; near names are proposed.',
  board_unverifiable: 'The board is not known here, and Pinterest could not be asked.',
  section_not_found: 'The board has no such section.',
  section_unverifiable: 'The section is not known here, and Pinterest could not be asked.',
  section_in_use: 'Posts that wait name this section.',
  timeslot_exists: 'The account has a timeslot at this day, time and zone.',
  too_many_timeslots: 'The account has as many timeslots as it may have.',
  too_many_spacing_rules: 'The account has as many spacing rules as it may have.',
  no_timeslots: 'The account has no timeslots, so there is no next one.',
  no_open_slot: 'No timeslot of the account is open within a year.',
  internal_error: 'Something went wrong on our side with this entry.',
};

/** A picture or a video cannot be had or cannot be used. */
const media: Codes = {
  bad_url: 'The URL is none that can be fetched.',
  private_address: 'The URL leads to an address that is not on the public internet.',
  dns_failed: 'The host name could not be found.',
  connection_failed: 'The server did not accept the connection, or broke it off.',
  tls_failed: 'No secure connection could be made.',
  timeout: 'The file did not arrive in time.',
  too_slow: 'The file arrived too slowly.',
  http_status: 'The server answered with an error.',
  bad_response: 'The server’s answer cannot be read.',
  too_many_redirects: 'The URL leads on and on.',
  empty_file: 'There is nothing in the file.',
  web_page: 'The URL leads to a web page and not to a file.',
  not_a_media_file: 'The file is neither a picture nor a video.',
  unsupported_image_type: 'Pictures of this type cannot be read.',
  unsupported_video_type: 'Videos of this type cannot be read.',
  media_type_mismatch: 'The file is not of the declared mediaType.',
  image_broken: 'The picture is damaged or incomplete.',
  image_too_small: 'The picture has too few pixels for Pinterest.',
  image_too_many_pixels: 'The picture has more pixels than can be decoded.',
  image_too_complex: 'The picture takes too long to decode.',
  image_too_large: 'The picture cannot be brought under Pinterest’s limit.',
  video_broken: 'The video is damaged or incomplete.',
  video_without_picture: 'The video has no pictures, only sound.',
  video_codec_unsupported: 'The video’s pictures are coded in a way that Pinterest does not take.',
  video_too_short: 'The video is shorter than Pinterest takes.',
  video_too_long: 'The video is longer than Pinterest takes.',
  video_shape_unsupported: 'The video is too wide or too high for Pinterest.',
  carousel_sizes_differ: 'The pictures of a carousel are not of one size.',
  after_the_end: 'The frame for the cover lies after the end of the video.',
  carousel_video: 'A carousel holds pictures only.',
  media_not_found: 'There is no such media, or Pinterest no longer knows it.',
  media_in_use: 'Posts that wait use the media.',
  media_gone: 'The media was deleted meanwhile.',
};

/** Accepted, but worth a look: in `meta.warnings`, and in the checks of `validate`. */
const warnings: Codes = {
  account_unauthorized: 'Pinterest no longer accepts the account’s token; the post waits for a new one.',
  boards_not_refreshed: 'Pinterest could not be asked; the boards are those of the last time.',
  sections_not_refreshed: 'Pinterest could not be asked; the sections are those of the last time.',
  queued_posts_without_board: 'Queued posts were meant for the board that was deleted, and will fail.',
  queued_posts_without_section: 'Queued posts were meant for the section that was deleted, and will fail.',
  link_shortener: 'Pinterest takes links through a shortener for spam.',
  link_to_pinterest: 'The link leads to Pinterest itself.',
  product_tags_not_published: 'Product tags are kept here and not sent to Pinterest.',
  too_near: 'Another post with this destination is nearer than the spacing rule allows.',
  same_picture: 'The account has a post with this picture and this destination.',
  similar_picture: 'The account has a post with a nearly equal picture and this destination.',
  first_frame_only: 'Of an animated picture only the first frame is used.',
};

/** Why a post was not published, where Pinterest itself did not say so. */
const publishing: Codes = {
  waits_for_decision: 'The Pin was not found; a person decides whether to publish again (`resolve`).',
  several_pins_match: 'Several Pins could be the post’s; a person decides (`resolve`).',
  board_too_large_to_search:
    'The board has more Pins than can be looked through; a person decides (`resolve`).',
  missed:
    'The post was not published at its time, and the account is set to hold missed posts. Schedule it again.',
  media_unavailable: 'The stored picture or video cannot be read. It is tried again by itself.',
  restored_from_backup:
    'The post was due before the backup that was restored; whether it went out is looked up.',
  video_not_processed: 'Pinterest could not process the video.',
  video_not_finished: 'Pinterest did not finish processing the video in time.',
  publishing_paused: 'Publishing was paused when the post was due.',
};

const fromPinterest: Codes = Object.fromEntries(
  Object.entries(reasons).map(([code, { message, remediation }]) => [code, `${message} ${remediation}`]),
);

/** In the order in which the page shows them. */
export const detailCodes: readonly { title: string; about: string; codes: Codes }[] = [
  { title: 'Input', about: 'A field, a parameter or a header is not as it must be.', codes: input },
  { title: 'Circumstances', about: 'What the request is about does not allow it.', codes: circumstances },
  { title: 'Media', about: 'A picture or a video cannot be had, or cannot be used.', codes: media },
  {
    title: 'Warnings',
    about: 'Accepted, but worth a look: in `meta.warnings` and in `validate`.',
    codes: warnings,
  },
  { title: 'Publishing', about: 'In a post’s `failure` and in its timeline.', codes: publishing },
  {
    title: 'Pinterest',
    about:
      'What Pinterest refused, and what to do: in `failure`, in timelines, and in the details of what asks Pinterest.',
    codes: fromPinterest,
  },
];

/** The codes of `error.details`. The others are codes of warnings, and of failures of posts. */
export const errorDetailCodes: readonly string[] = [input, circumstances, media, fromPinterest].flatMap(
  (codes) => Object.keys(codes),
);

export function isDetailCode(code: string): boolean {
  return detailCodes.some(({ codes }) => Object.hasOwn(codes, code));
}
