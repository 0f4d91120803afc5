// A post's events as callers see them: everything it went through, and why. Only named parts of what is stored
// cross the wire.

import { z } from 'zod';
import type { ActorType } from '../../../domain/actor-types.ts';
import { ActorView } from '../../../domain/actor-view.ts';
import { toUnixSeconds } from '../../../platform/clock.ts';
import { unixSeconds } from '../../../platform/http/contract/index.ts';
import { actorFromColumn } from '../../../platform/use-case/index.ts';
import type { PostEventData } from '../record/move-event.ts';
import type { EventRow } from './timeline.queries.ts';

/** A post that is tried again for weeks gathers many events; the newest are the ones that explain it. */
export const timelineEventsMax = 500;

const outcomes = [
  'created',
  'refused',
  'postponed',
  'lost',
  'found',
  'cleared',
  'not_found',
  'several_found',
  'not_seen',
] as const;
type Outcome = (typeof outcomes)[number];

const TimelineEvent = z
  .object({
    at: unixSeconds.meta({ description: 'When (Unix seconds).' }),
    type: z.string().meta({ description: 'The type of the event.', example: 'post.postponed' }),
    actor: ActorView,
    attempt: z.int().optional().meta({ description: 'The number of the attempt, from 1.' }),
    outcome: z.enum(outcomes).optional().meta({
      description:
        'The result. Of a create request: `created`, `refused`, `postponed` (surely nothing was created), `lost` (the Pin may exist). Of a search for a lost Pin: `not_found` so far, `several_found`, `not_seen` (Pinterest did not answer), and finally `found` or `cleared` (the Pin does not exist; the post is queued again).',
    }),
    pinterest: z
      .object({
        status: z.int().nullable().meta({ description: 'HTTP status; null for no answer.' }),
        code: z.int().nullable().meta({ description: "Pinterest's error code." }),
        requestId: z.string().nullable().meta({ description: "Pinterest's id of the request." }),
        durationMs: z.int().meta({ description: 'The duration of the request.' }),
      })
      .optional()
      .meta({ description: 'The answer of Pinterest to the create request.' }),
    message: z.string().optional().meta({ description: 'The reason and the remedy, for people.' }),
  })
  .meta({ id: 'TimelineEvent' });

export const TimelineAnswer = z
  .object({
    events: z.array(TimelineEvent).meta({ description: `Oldest first; the newest ${timelineEventsMax}.` }),
  })
  .meta({ id: 'PostTimeline' });

export function toTimelineEvent(row: EventRow): z.input<typeof TimelineEvent> {
  // Only record/move.ts and record/content.ts write events of posts.
  const data = row.data as PostEventData;
  const outcome = outcomeOf(data);
  const message = messageOf(row.type, data);
  return {
    at: toUnixSeconds(row.at),
    type: row.type,
    actor: actorFromColumn<ActorType>(row.actor),
    ...(data.attempt !== undefined && { attempt: data.attempt }),
    ...(outcome && { outcome }),
    ...(data.pinterest && {
      pinterest: { ...data.pinterest, durationMs: Math.round(data.pinterest.durationMs) },
    }),
    ...(message && { message }),
  };
}

function outcomeOf(data: PostEventData): Outcome | undefined {
  switch (data.move) {
    case 'accept':
      return 'created';
    case 'refuse':
      return 'refused';
    case 'postpone':
      return 'postponed';
    case 'lose':
      return 'lost';
    case 'find':
      return 'found';
    case 'clear':
      return 'cleared';
    case 'searchAgain':
      if (data.counts === false) return 'not_seen';
      return 'not_found';
    case 'giveUp':
      return (data.found ?? 0) > 1 ? 'several_found' : 'not_found';
    default:
      return undefined;
  }
}

function messageOf(type: string, data: PostEventData): string | undefined {
  if (data.failure) return `${data.failure.message} ${data.failure.remediation}`;
  if (type === 'post.video_uploading') return 'Its video is being uploaded to Pinterest.';
  if (type === 'post.video_ready') return 'Its video is ready at Pinterest.';
  if (type === 'post.created') return data.sendAt ? `Scheduled for ${data.sendAt}.` : 'As a draft.';
  if (type === 'post.updated') return `Changed: ${(data.changed ?? []).join(', ')}.`;
  if (type === 'post.deleted') return 'Deleted.';
  switch (data.move) {
    case 'unschedule':
      return 'A draft again.';
    case 'schedule':
      return data.shifted
        ? `Publishing is paused: moved on to ${data.sendAt}.`
        : `Scheduled for ${data.sendAt}.`;
    case 'accept':
      return `Pin ${data.pinId} was created.`;
    case 'find':
      return data.byHand
        ? `A person said that it is Pin ${data.pinId}.`
        : `Pin ${data.pinId} on the board is the one whose answer was lost.`;
    case 'clear':
      return data.byHand
        ? 'A person said that there is no Pin. The post is published again.'
        : 'The board does not have the Pin. The post is published again.';
    default:
      return undefined;
  }
}
