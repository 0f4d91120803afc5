// Returns the timeline of a post: its events in the form of the API.
import type { Caller } from '../../../platform/use-case/index.ts';
import type { PostPath } from '../record/posts.queries.ts';
import { getPostRow } from './get-post.ts';
import { listPostEvents } from './timeline.queries.ts';
import { timelineEventsMax, toTimelineEvent } from './timeline.schema.ts';
import type { ReadParts } from './views.ts';

export async function getTimeline(parts: Pick<ReadParts, 'database'>, caller: Caller, path: PostPath) {
  const { db } = parts.database;
  const post = await getPostRow(db, caller, path);
  const rows = await listPostEvents(db, post, timelineEventsMax);
  return { events: rows.map(toTimelineEvent) };
}
