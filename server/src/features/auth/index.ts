// API keys and who holds them.
export {
  findFirstOrganization,
  findOrCreateOrganization,
  firstOrganizationName,
  keysChannel,
} from './auth.queries.ts';
export { type AuthService, createAuth } from './auth.service.ts';
