// API keys, and the callers that they belong to.
export { type ActingKey, findActingKey } from './acting-key.ts';
export { keyPrefixOf } from './api-key.ts';
export {
  findFirstOrganization,
  findOrCreateOrganization,
  findOrganizationId,
  firstOrganizationName,
  hasLiveKey,
  keysChannel,
} from './auth.queries.ts';
export { type AuthService, createAuth } from './auth.ts';
export { keysCheck } from './checks.ts';
export type { KeyParts } from './key-parts.ts';
export { keyRoutes } from './keys.routes.ts';
export { type Limits, meRoutes } from './me.routes.ts';
