// Who asks, and how far they may go: the first thing a client wants to know of its key.
import { z } from 'zod';
import { route } from '../../platform/http/contract/route.ts';
import { KeyView } from './keys.schema.ts';
import type { KeysService } from './keys.service.ts';

/** Limits that requests are held to (docs/api-contract.md#ground-rules, #posts). Each is passed in by its room. */
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
      perMinute: z.int().meta({ description: 'Requests that a key may make in a minute.' }),
    }),
    bodyBytesMax: z.int().meta({ description: 'Size of a request body, in bytes.' }),
    batchBodyBytesMax: z.int().meta({ description: 'Size of the body of a batch, in bytes.' }),
    batchPostsMax: z.int().meta({ description: 'Posts in one batch.' }),
    bulkEditPostsMax: z.int().meta({ description: 'Posts in one bulk edit.' }),
    intervalBoardsMax: z.int().meta({ description: 'Boards to which one create sends a Pin.' }),
    pageEntriesMax: z.int().meta({ description: 'Entries on one page of a list.' }),
  })
  .meta({ id: 'Limits' });

const MeAnswer = z.object({
  organization: z.object({
    id: z.string().meta({ description: 'Organization id; an account names it as `userId`.' }),
    name: z.string().meta({ description: 'Organization name.' }),
  }),
  key: KeyView,
  limits: LimitsView,
});

export function meRoutes({ keys, limits }: { keys: KeysService; limits: Limits }) {
  const { ratePerMinute, ...fixed } = limits;
  return [
    route({
      operationId: 'getMe',
      method: 'GET',
      path: '/v1/me',
      summary: 'Get the organization, the key and the limits',
      description: 'Any key may ask, whatever its scopes.',
      tag: 'System',
      scope: null,
      data: MeAnswer,
      status: 200,
      refusals: [],
      handle: async ({ caller }) => ({
        data: {
          ...(await keys.whoIs(caller)),
          limits: { ...fixed, rateLimit: { perMinute: ratePerMinute } },
        },
      }),
    }),
  ];
}
