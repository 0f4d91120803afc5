// The only door to Pinterest. Knows nothing of posts, of our accounts, or of our database.
export type { MetricsBySplit, MetricsQuery } from './analytics.calls.ts';
export type { Answer, Call, RateLimit } from './answers.ts';
export type { CreateBoardBody, UpdateBoardBody } from './boards.calls.ts';
export {
  createEnvironments,
  type Environment,
  type EnvironmentAddresses,
  environments,
  type PinterestEnvironments,
  publishedAddresses,
  simulatorAddresses,
} from './environments.ts';
export type { Failure } from './failure.ts';
export type { Media, MediaUpload, VideoFile } from './media.calls.ts';
export { type AppCredentials, authorizeUrl, type TokenSet } from './oauth.calls.ts';
export type { CreatePinBody, ImageContentType, PinSource, VideoCover } from './pin-body.ts';
export type { CreateOutcome, PinList } from './pins.calls.ts';
export { createPinterest, type Pinterest, type PinterestOptions } from './pinterest.ts';
export { type ReasonCode, reasons } from './reasons.ts';
export type { Board, BoardSection, Pin, UserAccount } from './resources.ts';
export { createCallWatch } from './watch-calls.ts';
