import { z } from 'zod';
import { scopes } from '../../domain/scopes.ts';
import { type Clock, toUnixSeconds } from '../../platform/clock.ts';
import { moment, refuseRepeats, text } from '../../platform/http/contract/fields.ts';
import type { KeyRow } from './auth.queries.ts';

export const KeyPath = z.object({
  keyId: z.string().meta({ description: 'API key id, as GET /v1/api-keys lists it.' }),
});

const scopesAbout = 'What the key may do; null: everything.';
const accountIdsAbout = 'The accounts it is restricted to; null: every account of the organization.';

export const KeyView = z
  .object({
    id: z.string().meta({ description: 'API key id.' }),
    name: z.string().meta({ description: 'What it is for.' }),
    prefix: z.string().meta({ description: 'Its first characters, to recognise it. Not enough to use it.' }),
    scopes: z.array(z.enum(scopes)).nullable().meta({ description: scopesAbout }),
    accountIds: z.array(z.string()).nullable().meta({ description: accountIdsAbout }),
    createdAt: z.int().meta({ description: 'When it was made (Unix seconds).' }),
    lastUsedAt: z.int().nullable().meta({
      description: 'When it was last used (Unix seconds), within half a minute; null: never.',
    }),
    expiresAt: z.int().nullable().meta({ description: 'When it ends (Unix seconds); null: never.' }),
  })
  .meta({ id: 'ApiKey' });

export const KeyListAnswer = z.object({ apiKeys: z.array(KeyView) });
export const NewKeyAnswer = z.object({
  apiKey: KeyView,
  secret: z.string().meta({ description: 'The key itself. It is shown this once.' }),
});
export const RevokedAnswer = z.object({
  deleted: z.literal(true),
  id: z.string().meta({ description: 'The key that was revoked.' }),
});

export function createKeyBody(clock: Clock) {
  return z
    .strictObject({
      name: text(100)
        .refine((value) => value.trim() !== '', {
          params: { code: 'too_short' },
          error: 'Must not be blank.',
        })
        .meta({ description: 'What the key is for, 1 to 100 characters.' }),
      scopes: z
        .array(z.enum(scopes))
        .min(1, 'Name at least one scope, or leave the field out for all of them.')
        .superRefine(refuseRepeats)
        .optional()
        .meta({ description: 'What the key may do; everything when left out.' }),
      accountIds: z
        .array(text(100))
        .min(1, 'Name at least one account, or leave the field out for all of them.')
        .max(1000, 'At most 1,000 accounts.')
        .superRefine(refuseRepeats)
        .optional()
        .meta({
          description:
            'The accounts to restrict it to, at most 1,000; every account of the organization when left out.',
        }),
      expiresAt: moment
        .refine((value) => value > clock.now(), {
          params: { code: 'in_the_past' },
          error: 'Must be in the future.',
        })
        .optional()
        .meta({
          description: 'When it ends (RFC 3339 with an offset), in the future; never when left out.',
        }),
    })
    .meta({ id: 'CreateApiKey' });
}

export type CreateKey = z.output<ReturnType<typeof createKeyBody>>;

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
  };
}
