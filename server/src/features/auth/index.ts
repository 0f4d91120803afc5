// API keys and who holds them.
export { type KeyPrefix, keyPrefixOf } from './api-key.ts';
export {
  findFirstOrganization,
  findOrCreateOrganization,
  firstOrganizationName,
  keysChannel,
} from './auth.queries.ts';
export { type AuthService, createAuth } from './auth.service.ts';
export { keysCheck } from './checks.ts';
export { keyRoutes } from './keys.routes.ts';
export { createKeys, type KeysService } from './keys.service.ts';
export { type Limits, meRoutes } from './me.routes.ts';
