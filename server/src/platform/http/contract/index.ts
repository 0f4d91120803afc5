// The declarations of routes: route, fields, refusals, event streams and examples. Independent of the server.
export { isBlank, placeOf } from './characters.ts';
export { namesTag } from './entity-tags.ts';
export { warning } from './envelope.ts';
export { type Example, type Examples, examplesFile, readExamples } from './examples.ts';
export {
  moment,
  pageEntriesMax,
  pageLimit,
  queryFlag,
  refuseRepeats,
  text,
  timezone,
  unixSeconds,
  visibleText,
  wholeNumber,
} from './fields.ts';
export { noSuchRoute } from './refusals.ts';
export { byCursor, onOnePage, type Route, route } from './route.ts';
export type { SystemPaths } from './system-path.ts';
export { unionByType } from './union-by-type.ts';
export { webUrl } from './web-url.ts';
export type { Webhooks } from './webhook.ts';
