// Sentences about the queued posts of a board or section that is deleted.
import type { Warning } from '../../../platform/use-case/index.ts';

const strandedPostsCodes = {
  board: 'queued_posts_without_board',
  section: 'queued_posts_without_section',
} as const;

/** A warning that these posts will fail; none without posts. */
export function strandedPostsWarnings(queuedPosts: number, place: 'board' | 'section'): Warning[] {
  if (queuedPosts === 0) return [];
  const message = `${counted(queuedPosts, 'queued post')} for this ${place} will fail unless you edit or unschedule them.`;
  return [{ code: strandedPostsCodes[place], message }];
}

/** A number with its noun: `1 post`, `2 posts`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
