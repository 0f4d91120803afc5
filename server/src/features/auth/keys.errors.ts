import { refusal } from '../../platform/errors.ts';

export const keyNotFound = refusal({
  code: 'NOT_FOUND',
  reason: 'api_key_not_found',
  message: 'API key not found',
  fix: 'GET /v1/api-keys lists the keys that this one may see.',
});

export const keyBeyondOwn = refusal({
  code: 'FORBIDDEN',
  reason: 'api_key_exceeds_own_rights',
  message: 'A key makes only keys with no more rights than it has itself',
  fix: '`details` names what goes beyond. Use a key without restrictions, or ask for less.',
});

export const tooManyKeys = refusal({
  code: 'CONFLICT',
  reason: 'too_many_api_keys',
  message: 'The organization has 1,000 API keys, and more are not kept',
  fix: 'Revoke one that is not used: `lastUsedAt` tells.',
});
