// The only client of Pinterest. Independent of posts, of our accounts and of our database. Analytics, reading and deleting Pins,
// and saving Pins have no caller in the product yet: analytics and own-Pin search will use them.
export type { MetricsBySplit, MetricsQuery } from './calls/analytics.calls.ts';
export type { CreateBoardBody, UpdateBoardBody } from './calls/boards.calls.ts';
export type { Media, MediaUpload, VideoFile } from './calls/media.calls.ts';
export { type AppCredentials, authorizeUrl, type TokenSet } from './calls/oauth.calls.ts';
export type { CreatePinBody, ImageContentType, ImageFile, PinSource, VideoCover } from './calls/pin-body.ts';
export type { CreateOutcome, PinList } from './calls/pins.calls.ts';
export type { Board, BoardSection, Pin, UserAccount } from './calls/resources.ts';
export {
  createEnvironments,
  type Environment,
  type EnvironmentAddresses,
  environments,
  type PinterestEnvironments,
  publishedAddresses,
  simulatorAddresses,
} from './environments.ts';
export { createPinterest, type Pinterest, type PinterestOptions } from './pinterest.ts';
export type { Answer, Call, RateLimit } from './wire/answers.ts';
export type { Failure } from './wire/failure.ts';
export { type ReasonCode, reasons } from './wire/reasons.ts';
export { type CallWatch, createCallWatch } from './wire/watch-calls.ts';
