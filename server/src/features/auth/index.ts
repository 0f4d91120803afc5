// API keys and who holds them.
export {
  findFirstOrganization,
  findOrCreateOrganization,
  firstOrganizationName,
  keysChannel,
} from './auth.queries.ts';
export { type AuthService, createAuth } from './auth.service.ts';
export { keyRoutes } from './keys.routes.ts';
export { KeyView } from './keys.schema.ts';
export { createKeys, type KeysService } from './keys.service.ts';
