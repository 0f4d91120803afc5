import type { Clock } from '../../platform/clock.ts';
import { route } from '../../platform/http/contract/route.ts';
import { keyBeyondOwn, keyNotFound, tooManyKeys } from './keys.errors.ts';
import { createKeyBody, KeyListAnswer, KeyPath, NewKeyAnswer, RevokedAnswer } from './keys.schema.ts';
import type { KeysService } from './keys.service.ts';

const tag = 'API keys';

export function keyRoutes({ keys, clock }: { keys: KeysService; clock: Clock }) {
  return [
    route({
      operationId: 'listApiKeys',
      method: 'GET',
      path: '/v1/api-keys',
      summary: 'List API keys',
      description:
        'All that are not revoked, oldest first; an organization has at most 1,000. A key that is restricted to some accounts sees the keys that are restricted to no others.',
      tag,
      scope: 'keys:write',
      data: KeyListAnswer,
      status: 200,
      refusals: [],
      handle: async ({ caller }) => ({ data: await keys.list(caller) }),
    }),
    route({
      operationId: 'createApiKey',
      method: 'POST',
      path: '/v1/api-keys',
      summary: 'Create API key',
      description:
        'The secret is in this answer and nowhere else. The new key can have no more rights than the one that makes it: scopes, accounts, and how long it lasts.',
      tag,
      scope: 'keys:write',
      body: createKeyBody(clock),
      data: NewKeyAnswer,
      status: 201,
      refusals: [keyBeyondOwn, tooManyKeys],
      handle: ({ caller, body, commit }) => keys.create(caller, body, commit),
    }),
    route({
      operationId: 'revokeApiKey',
      method: 'DELETE',
      path: '/v1/api-keys/:keyId',
      summary: 'Revoke API key',
      description: 'From then on it opens nothing. A key may revoke itself.',
      tag,
      scope: 'keys:write',
      params: KeyPath,
      data: RevokedAnswer,
      status: 200,
      refusals: [keyNotFound],
      handle: ({ caller, params, commit }) => keys.revoke(caller, params.keyId, commit),
    }),
  ];
}
