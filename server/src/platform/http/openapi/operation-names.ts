// The fields of an operation that generators of clients read: the method of an SDK, paging, the event stream, and the
// refusals of its own.
import type { RefusalMaker } from '../../errors.ts';
import type { Route } from '../contract/route.ts';

/**
 * `posts.create` for `createPost` under the tag Posts: the tag is the group, and the operation without the tag's noun is
 * the method. A route declares its own name if this one is not good.
 *
 * @throws Error when the operation does not contain the noun and the route has no name
 */
export function sdkNameOf({ operationId, tag, sdk }: Pick<Route, 'operationId' | 'tag' | 'sdk'>): string {
  if (sdk !== undefined) return sdk;
  const plural = tag
    .split(' ')
    .map((word) => word[0]?.toUpperCase() + word.slice(1).toLowerCase())
    .join('');
  const noun = [plural, plural.replace(/s$/, '')].find((name) => operationId.includes(name));
  if (noun === undefined)
    throw new Error(`${operationId} has no "${plural}" in it: declare its name as \`sdk\`.`);
  return `${plural[0]?.toLowerCase()}${plural.slice(1)}.${operationId.replace(noun, '')}`;
}

/**
 * The fields of an operation that are not of OpenAPI; conventions.ts explains them.
 * @param own The refusals that the route itself declares
 */
export function clientFields(route: Route, own: readonly RefusalMaker[]) {
  const codes = [...new Set(own.map((maker) => maker.declaration.reason))].sort();
  return {
    'x-sdk': sdkNameOf(route),
    ...(route.sdkForms && { 'x-sdk-forms': route.sdkForms }),
    ...(route.scope !== null && { 'x-scope': route.scope }),
    ...(codes.length > 0 && { 'x-codes': codes }),
    ...(route.paging && { 'x-paging': route.paging }),
    ...(route.stream && { 'x-stream': route.stream.schema }),
  };
}
