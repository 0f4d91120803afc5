// The extension fields of an operation for client generators: the SDK method, paging, the event stream, and the
// refusals that are specific to it.
import type { RefusalMaker } from '../../errors.ts';
import { type Route, scopesOf } from '../contract/route.ts';

/**
 * Returns the SDK method: `posts.create` for `createPost` with the tag Posts. The tag is the group, and the operationId
 * without the tag's noun is the method. A route can declare a different name as `sdk`.
 *
 * @throws Error if the operationId does not contain the noun and the route declares no name
 */
export function sdkNameOf({ operationId, tag, sdk }: Pick<Route, 'operationId' | 'tag' | 'sdk'>): string {
  if (sdk !== undefined) return sdk;
  const plural = tag
    .split(' ')
    .map((word) => word[0]?.toUpperCase() + word.slice(1).toLowerCase())
    .join('');
  const noun = [plural, plural.replace(/s$/, '')].find((name) => operationId.includes(name));
  if (noun === undefined)
    throw new Error(`${operationId} does not contain "${plural}": declare its name as \`sdk\`.`);
  return `${plural[0]?.toLowerCase()}${plural.slice(1)}.${operationId.replace(noun, '')}`;
}

/**
 * Returns the extension fields of an operation, which conventions.ts describes.
 * @param own The refusals that the route itself declares
 */
export function clientFields(route: Route, own: readonly RefusalMaker[]) {
  const codes = [...new Set(own.map((maker) => maker.declaration.reason))].sort();
  return {
    'x-sdk': sdkNameOf(route),
    ...(route.sdkForms && { 'x-sdk-forms': route.sdkForms }),
    ...(route.scope !== null && { 'x-scope': scopesOf(route).join(' ') }),
    ...(codes.length > 0 && { 'x-codes': codes }),
    ...(route.paging && { 'x-paging': route.paging }),
    ...(route.stream && { 'x-stream': route.stream.schema }),
  };
}
