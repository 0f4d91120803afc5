// The door to the outside for every URL that a user names: media, and later webhooks and feeds.
// Refuses private addresses, and bounds bytes, time and redirects. Independent of the content.
export { OutboundFailure, type OutboundReason } from './failure.ts';
export {
  createOutbound,
  type Fetched,
  type FetchOptions,
  type Outbound,
  type OutboundOptions,
} from './fetch-stream.ts';
export type { Posted, Poster } from './poster.ts';
export type { Resolve } from './resolve.ts';
