// Requests to every URL that comes from a user (media, webhooks). Refuses private addresses, and limits bytes, time and
// redirects. Independent of the content.
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
