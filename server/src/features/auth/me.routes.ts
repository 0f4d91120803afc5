// The organization, key and limits of the caller: the first request of a client that has a key.
import { z } from 'zod';
import { route } from '../../platform/http/contract/index.ts';
import type { KeyParts } from './key-parts.ts';
import { KeyView } from './keys.schema.ts';
import { getOwnKey } from './use-cases/read-api-keys.ts';

/** The limits of requests (docs/api-contract.md#ground-rules, #posts), passed in from the rooms that enforce them. */
export interface Limits {
  ratePerMinute: number;
  bodyBytesMax: number;
  batchBodyBytesMax: number;
  batchPostsMax: number;
  bulkEditPostsMax: number;
  intervalBoardsMax: number;
  pageEntriesMax: number;
}

const LimitsView = z
  .object({
    rateLimit: z.object({
      perMinute: z.int().meta({ description: 'Requests per minute and key.' }),
    }),
    bodyBytesMax: z.int().meta({ description: 'Maximum size of a request body, in bytes.' }),
    batchBodyBytesMax: z.int().meta({ description: 'Maximum size of the body of a batch, in bytes.' }),
    batchPostsMax: z.int().meta({ description: 'Maximum number of posts in a batch.' }),
    bulkEditPostsMax: z.int().meta({ description: 'Maximum number of posts in a bulk edit.' }),
    intervalBoardsMax: z.int().meta({ description: 'Maximum number of boards in one create request.' }),
    pageEntriesMax: z.int().meta({ description: 'Maximum number of entries on a page of a list.' }),
  })
  .meta({ id: 'Limits' });

const MeAnswer = z
  .object({
    organization: z.object({
      id: z.string().meta({ description: 'Organization id. Accounts have it as `organizationId`.' }),
      name: z.string().meta({ description: 'Organization name.' }),
    }),
    key: KeyView,
    limits: LimitsView,
  })
  .meta({ id: 'Me' });

export function meRoutes(parts: Pick<KeyParts, 'database'>, { ratePerMinute, ...fixedLimits }: Limits) {
  return [
    route({
      operationId: 'getMe',
      method: 'GET',
      path: '/v1/me',
      summary: 'Get the organization, the key and the limits',
      description: 'Available to every key, whatever its scopes.',
      tag: 'System',
      scope: null,
      sdk: 'me.get',
      data: MeAnswer,
      status: 200,
      refusals: [],
      handle: async ({ context }) => ({
        data: {
          ...(await getOwnKey(parts, context)),
          limits: { ...fixedLimits, rateLimit: { perMinute: ratePerMinute } },
        },
      }),
    }),
  ];
}
