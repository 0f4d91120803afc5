// The refusals of API keys.
import { refusal } from '../../platform/errors.ts';

export const keyNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'api_key_not_found',
  message: 'API key not found',
  fix: 'GET /v1/api-keys lists the keys that this key may see.',
});

export const keyBeyondOwn = refusal({
  code: 'FORBIDDEN',
  reason: 'api_key_exceeds_own_rights',
  message: 'An API key cannot create a key with more rights than its own',
  fix: '`details` names the rights that this key does not have. Use a key without restrictions, or request fewer rights.',
});

export const tooManyKeys = refusal({
  code: 'CONFLICT',
  reason: 'too_many_api_keys',
  message: 'Limit reached: an organization can have at most 1,000 API keys',
  fix: 'Revoke a key that is not in use: see `lastUsedAt`.',
});
