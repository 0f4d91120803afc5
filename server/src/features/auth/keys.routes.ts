// The operations of API keys.
import type { Clock } from '../../platform/clock.ts';
import { onOnePage, route } from '../../platform/http/contract/index.ts';
import type { KeyParts } from './key-parts.ts';
import { keyBeyondOwn, keyNotFound, tooManyKeys } from './keys.errors.ts';
import {
  createKeyBody,
  KeyListAnswer,
  KeyPath,
  NewKeyAnswer,
  RevokedAnswer,
  RevokeQuery,
} from './keys.schema.ts';
import { createApiKey } from './use-cases/create-api-key.ts';
import { listApiKeys } from './use-cases/read-api-keys.ts';
import { revokeApiKey } from './use-cases/revoke-api-key.ts';

const tag = 'API keys';

export function keyRoutes(parts: KeyParts, clock: Clock) {
  return [
    route({
      operationId: 'listApiKeys',
      method: 'GET',
      path: '/v1/api-keys',
      summary: 'List API keys',
      description:
        'All keys that are not revoked, oldest first; an organization has at most 1,000. A key with limited scopes, accounts or expiry sees only the keys that have at most its own rights. `createdBy` names the key that created each key.',
      tag,
      scope: 'keys:write',
      paging: onOnePage('apiKeys'),
      data: KeyListAnswer,
      status: 200,
      refusals: [],
      handle: async ({ context }) => ({ data: await listApiKeys(parts, context) }),
    }),
    route({
      operationId: 'createApiKey',
      method: 'POST',
      path: '/v1/api-keys',
      summary: 'Create API key',
      description:
        'The secret is returned only in this response. The new key can have at most the rights of the key that creates it: scopes, accounts and expiry.',
      tag,
      scope: 'keys:write',
      body: createKeyBody(clock),
      data: NewKeyAnswer,
      status: 201,
      refusals: [keyBeyondOwn, tooManyKeys],
      handle: ({ context, body }) => createApiKey(parts, context, body),
    }),
    route({
      operationId: 'revokeApiKey',
      method: 'DELETE',
      path: '/v1/api-keys/:keyId',
      summary: 'Revoke API key',
      description:
        'The key is refused from then on. A key may revoke itself, and keys with at most its own rights. With `cascade=true`, the keys that it created are revoked as well, those that they created, and so on; this also works for a key that was revoked before.',
      tag,
      scope: 'keys:write',
      params: KeyPath,
      query: RevokeQuery,
      data: RevokedAnswer,
      status: 200,
      refusals: [keyNotFound],
      handle: ({ context, params, query }) => revokeApiKey(parts, context, { ...params, ...query }),
    }),
  ];
}
