// API keys as they cross the wire.
import { z } from 'zod';
import type { ActorType } from '../../domain/actor-types.ts';
import { ActorView } from '../../domain/actor-view.ts';
import { scopes } from '../../domain/scopes.ts';
import { type Clock, toUnixSeconds } from '../../platform/clock.ts';
import {
  moment,
  queryFlag,
  refuseRepeats,
  text,
  unixSeconds,
  visibleText,
} from '../../platform/http/contract/index.ts';
import { actorFromColumn } from '../../platform/use-case/index.ts';
import type { KeyRow } from './auth.queries.ts';

export const KeyPath = z.object({
  keyId: z.string().meta({ description: 'API key id, as GET /v1/api-keys lists it.' }),
});

export const RevokeQuery = z.strictObject({
  cascade: queryFlag.meta({
    description:
      'Send `true` to revoke the keys that this key created as well, and the keys that they created.',
  }),
});

const scopesAbout = 'The scopes of the key; null for all scopes.';
const accountIdsAbout =
  'The accounts that the key is restricted to; null for every account of the organization.';

export const KeyView = z
  .object({
    id: z.string().meta({ description: 'API key id.' }),
    name: z.string().meta({ description: 'The purpose of the key.' }),
    prefix: z.string().meta({ description: 'The first characters of the key, to recognize it.' }),
    scopes: z.array(z.enum(scopes)).nullable().meta({ description: scopesAbout }),
    accountIds: z.array(z.string()).nullable().meta({ description: accountIdsAbout }),
    createdAt: unixSeconds.meta({ description: 'When the key was created (Unix seconds).' }),
    lastUsedAt: unixSeconds.nullable().meta({
      description: 'When the key was last used (Unix seconds, precise to 30 seconds); null if never.',
    }),
    expiresAt: unixSeconds
      .nullable()
      .meta({ description: 'When the key expires (Unix seconds); null if never.' }),
    /** The API key that created the key; the system for a key from the command line. */
    createdBy: ActorView,
  })
  .meta({ id: 'ApiKey' });

export const KeyListAnswer = z.object({ apiKeys: z.array(KeyView) }).meta({ id: 'ApiKeyPage' });
export const NewKeyAnswer = z
  .object({
    apiKey: KeyView,
    secret: z.string().meta({ description: 'The API key. It is not shown again.' }),
  })
  .meta({ id: 'CreatedApiKey' });
export const RevokedAnswer = z
  .object({
    deleted: z.literal(true),
    id: z.string().meta({ description: 'The id of the revoked key.' }),
    revokedIds: z.array(z.string()).meta({
      description: 'The ids of all keys that this request revoked, oldest first.',
    }),
  })
  .meta({ id: 'RevokedApiKey' });

/** The body of create. The clock decides whether `expiresAt` is in the future. */
export function createKeyBody(clock: Clock) {
  return z
    .strictObject({
      name: visibleText(100).meta({ description: 'The purpose of the key, 1 to 100 characters.' }),
      scopes: z
        .array(z.enum(scopes))
        .min(1, 'Name at least one scope, or omit the field for all scopes.')
        .superRefine(refuseRepeats)
        .meta({ uniqueItems: true })
        .optional()
        .meta({ description: 'The scopes of the key. Default: all scopes.' }),
      accountIds: z
        .array(text(100))
        .min(1, 'Name at least one account, or omit the field for all accounts.')
        .max(1000, 'At most 1,000 accounts.')
        .superRefine(refuseRepeats)
        .meta({ uniqueItems: true })
        .optional()
        .meta({
          description:
            'The accounts that the key is restricted to, at most 1,000. Default: every account of the organization.',
        }),
      expiresAt: moment
        .refine((value) => value > clock.now(), {
          params: { code: 'in_the_past' },
          error: 'Must be in the future.',
        })
        .optional()
        .meta({
          description: 'When the key expires (RFC 3339 with an offset), in the future. Default: never.',
        }),
    })
    .meta({ id: 'CreateApiKey' });
}

export type CreateKey = z.output<ReturnType<typeof createKeyBody>>;

/** A key as responses show it. */
export function toKeyView(row: KeyRow): z.input<typeof KeyView> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    // Only our own code writes this column, from the same list.
    scopes: row.scopes as z.input<typeof KeyView>['scopes'],
    accountIds: row.account_ids,
    createdAt: toUnixSeconds(row.created_at),
    lastUsedAt: row.last_used_at && toUnixSeconds(row.last_used_at),
    expiresAt: row.expires_at && toUnixSeconds(row.expires_at),
    createdBy: actorFromColumn<ActorType>(row.created_by),
  };
}
