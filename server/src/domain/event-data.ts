// The data of each event that callers may rely on. One declaration: from it follow the types of the code that appends
// events, the values that callers see, and the schemas of the OpenAPI document.
import { z } from 'zod';
import { toUnixSeconds } from '../platform/clock.ts';
import { unixSeconds } from '../platform/http/contract/index.ts';
import { ActorView } from './actor-view.ts';
import type { EventType } from './event-types.ts';
import { postStatuses } from './post-states.ts';

/** Appended as a Date, stored as text, shown as Unix seconds. */
const moment = z.date().transform(toUnixSeconds).pipe(unixSeconds);

const PostFailure = z
  .object({
    code: z.string().meta({ description: 'Stable, for programs.', example: 'board_not_found' }),
    message: z.string().meta({ description: 'The problem, for people.' }),
    remediation: z.string().meta({ description: 'The remedy, for people.' }),
    retryable: z
      .boolean()
      .meta({ description: 'Whether Pintail, or the same post scheduled again, may succeed.' }),
  })
  .meta({ id: 'EventFailure', description: 'Why the post was not published.' });
/** Why a post was not published, as callers see it. */
export type PostFailure = z.input<typeof PostFailure>;

const PinterestTrace = z
  .object({
    status: z.int().nullable().meta({ description: 'HTTP status; null when no answer came.' }),
    code: z.int().nullable().meta({ description: "Pinterest's error code." }),
    requestId: z.string().nullable().meta({ description: "Pinterest's id of the request." }),
    durationMs: z.number().meta({ description: 'The duration of the request.' }),
  })
  .meta({ id: 'PinterestExchange', description: 'The answer of Pinterest.' });
/** An exchange with Pinterest, as events and timelines show it. */
export type PinterestTrace = z.input<typeof PinterestTrace>;

const status = z
  .enum(postStatuses)
  .meta({ id: 'EventPostStatus', description: 'The status of the post after the event.' });
const sendAt = moment
  .nullable()
  .meta({ description: 'When the post is to be published (Unix seconds); null for a draft.' });
const externalId = z.string().nullable().meta({ description: 'Your own id of the post; null for none.' });
const post = { status, sendAt, externalId };
const attempt = z
  .int()
  .optional()
  .meta({ description: 'The number of the attempt to publish the post, from 1.' });
const outcome = { attempt, pinterest: PinterestTrace.optional() };
const account = {
  username: z.string().meta({ description: 'Username on Pinterest.' }),
  environment: z
    .enum(['production', 'sandbox', 'simulator'])
    .meta({ description: 'The Pinterest environment of the account.' }),
};

const apiKey = {
  keyId: z.string().meta({ description: 'API key id.' }),
  name: z.string().meta({ description: 'The name of the key.' }),
};

/** The schema of each type's data. Callers see its fields and no others. */
export const eventData = {
  'post.created': z.object(post).meta({
    description:
      'A post was created, as a draft or with a time. A post that is created with a time has no `post.scheduled`.',
  }),
  'post.scheduled': z
    .object({
      ...post,
      boardId: z.string().meta({ description: 'The board to which the post is to be published.' }),
      shifted: z
        .boolean()
        .optional()
        .meta({ description: 'True when a pause moved the post, by the paused policy `shift`.' }),
    })
    .meta({ description: 'A post was scheduled or rescheduled.' }),
  'post.updated': z
    .object({
      status,
      externalId,
      changed: z.array(z.string()).meta({ description: 'The fields that changed.', example: ['title'] }),
    })
    .meta({ description: 'The content of a post was edited.' }),
  'post.unscheduled': z.object(post).meta({ description: 'A post became a draft.' }),
  'post.deleted': z.object({ status, externalId }).meta({ description: 'A post was deleted.' }),
  'post.publishing': z
    .object({ ...post, attempt })
    .meta({ description: 'An attempt to publish a post began: from now on its Pin may exist.' }),
  'post.sent': z
    .object({
      ...post,
      pinId: z.string().meta({ description: "Pinterest's id of the Pin." }),
      pinUrl: z.string().meta({
        description: 'Address of the Pin: on Pinterest, or of the simulator for a simulated account.',
        example: 'https://www.pinterest.com/pin/813744226420795884/',
      }),
      ...outcome,
      byHand: z.boolean().optional().meta({ description: 'True when a person named the Pin.' }),
    })
    .meta({ description: 'A post is published: its Pin exists.' }),
  'post.failed': z
    .object({ ...post, failure: PostFailure, ...outcome })
    .meta({ description: 'A post cannot be published. It is not retried automatically.' }),
  'post.missed': z
    .object(post)
    .meta({ description: 'A queued post is a minute past its time. Sent once for each time.' }),
  'post.held': z
    .object({ ...post, failure: PostFailure, attempt })
    .meta({ description: 'A post is held: a person has to decide about it.' }),
  'post.unknown': z
    .object({ ...post, failure: PostFailure, ...outcome })
    .meta({ description: 'The answer of Pinterest was lost: Pintail searches for the Pin.' }),
  'account.connected': z
    .object({
      ...account,
      state: z
        .string()
        .optional()
        .meta({ description: 'The `state` of the request that created the connect link.' }),
    })
    .meta({ description: 'An account was connected, or got new tokens.' }),
  'account.disconnected': z.object(account).meta({ description: 'An account was disconnected.' }),
  'account.unauthorized': z
    .object({ username: account.username })
    .meta({ description: 'Pinterest refuses the tokens of an account: connect it again.' }),
  'account.paused': z
    .object({
      onDue: z
        .enum(['hold', 'fail', 'shift'])
        .meta({ description: 'The paused policy: what happens to posts that become due.' }),
    })
    .meta({ description: 'Publishing of an account was paused, or its paused policy changed.' }),
  'account.resumed': z.object({}).meta({ description: 'Publishing of an account was resumed.' }),
  'batch.completed': z
    .object({
      batchId: z.string().meta({ description: 'Batch id.' }),
      total: z.int().meta({ description: 'The number of entries.' }),
      created: z.int().meta({ description: 'The number of entries whose posts were created.' }),
      existing: z.int().meta({ description: 'The number of entries whose post existed already.' }),
      failed: z.int().meta({ description: 'The number of entries that were refused.' }),
    })
    .meta({ description: 'Every entry of a batch was created, existed already, or was refused.' }),
  'webhook.disabled': z
    .object({
      webhookId: z.string().meta({ description: 'Webhook id.' }),
      reason: z.enum(['failing', 'gone']).meta({
        description: '`failing`: no delivery succeeded for 3 days. `gone`: the endpoint answered 410.',
      }),
      failingSince: moment
        .nullable()
        .meta({ description: 'When the first of these deliveries failed (Unix seconds).' }),
    })
    .meta({ description: 'A webhook was disabled because its endpoint failed.' }),
  'api_key.created': z
    .object({
      ...apiKey,
      scopes: z.array(z.string()).nullable().meta({ description: 'Its scopes; null for all scopes.' }),
      accountIds: z
        .array(z.string())
        .nullable()
        .meta({ description: 'The accounts that it is restricted to; null for all accounts.' }),
      expiresAt: moment.nullable().meta({ description: 'When it expires (Unix seconds); null if never.' }),
    })
    .meta({ description: 'An API key was created.' }),
  'api_key.revoked': z.object(apiKey).meta({ description: 'An API key was revoked.' }),
} as const satisfies Record<EventType, z.ZodObject>;

/** The data of an event, as it is appended. */
export type EventData<Type extends EventType> = z.input<(typeof eventData)[Type]>;

/** Fields of stored data that only a post's timeline needs. */
export const timelineKeys = ['move', 'counts', 'found', 'confirmAt', 'runAt', 'since'] as const;

/** The schema of each type's data as callers see it, with times in Unix seconds. A component `PostSentData`, and so on. */
export const visibleEventData = Object.fromEntries(
  Object.entries<z.ZodObject>(eventData).map(([type, schema]) => {
    const fields = Object.entries(schema.shape as Record<string, z.ZodType>).map(([key, field]) => [
      key,
      visible(field),
    ]);
    const id = `${eventName(type as EventType)}Data`;
    return [type, z.object(Object.fromEntries(fields)).meta({ id, description: schema.description })];
  }),
) as Record<EventType, z.ZodObject>;

const EventSubject = z
  .object({
    accountId: z.string().nullable().meta({ description: 'The account of the event; null for none.' }),
    postId: z.string().nullable().meta({ description: 'The post of the event; null for none.' }),
    actor: ActorView,
  })
  .meta({ id: 'EventSubject', description: 'The fields that the data of all events share.' });

/** The schema of `data` of each type, in the event log and in messages to webhooks alike. */
export function sentEventData(type: EventType): z.ZodType {
  return z.intersection(visibleEventData[type], EventSubject);
}

/** When an event happened, in the event log and in messages to webhooks alike. */
export const eventTimestamp = z.string().meta({
  format: 'date-time',
  description: 'When the event happened (RFC 3339).',
  example: '2027-03-01T09:00:00.000Z',
});

/** The name of a type in schemas: `PostSent` for `post.sent`. */
export function eventName(type: string): string {
  return type.replaceAll(/(?:^|[._])(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** Returns each type with its description and its fields, for the documentation. */
export function describeEvents() {
  return Object.entries<z.ZodObject>(eventData).map(([type, { shape, description }]) => ({
    type,
    description,
    fields: Object.entries(shape).map(([name, field]) => ({
      name,
      isOptional: field instanceof z.ZodOptional,
    })),
  }));
}

/** The data as callers see it, from the stored data: declared fields alone, and times in Unix seconds. */
export function toVisibleData(type: EventType, stored: Record<string, unknown>): Record<string, unknown> {
  const shape: Record<string, z.ZodType> = eventData[type].shape;
  return Object.fromEntries(
    Object.entries(shape).flatMap(([key, schema]) => {
      const value = stored[key];
      if (value === undefined) return [];
      return [[key, isMoment(schema) && typeof value === 'string' ? toUnixSeconds(new Date(value)) : value]];
    }),
  );
}

function isMoment(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) {
    return isMoment(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe;
}

function visible(schema: z.ZodType): z.ZodType {
  if (!isMoment(schema)) return schema;
  const seconds = schema instanceof z.ZodNullable ? unixSeconds.nullable() : unixSeconds;
  return schema.description === undefined ? seconds : seconds.meta({ description: schema.description });
}
