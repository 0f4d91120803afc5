// The key of posts whose Pins cannot be distinguished on Pinterest: a Pin carries no mark of ours.
import { createHash } from 'node:crypto';

export interface Matchable {
  boardId: string | null;
  title: string | null;
  description: string | null;
  url: string | null;
  altText: string | null;
}

const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  apos: "'",
  nbsp: ' ',
};

/** Returns text in a form that is equal before and after Pinterest has trimmed, folded or unescaped it. */
export function normaliseText(text: string | null): string {
  return (text ?? '')
    .replaceAll(/&(amp|lt|gt|quot|#39|apos|nbsp);/g, (whole, name: string) => entities[name] ?? whole)
    .normalize('NFC')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Returns a key that is equal for two posts exactly when their Pins cannot be distinguished. */
export function matchKey(post: Matchable): string {
  const parts = [
    post.boardId ?? '',
    ...[post.title, post.description, post.url, post.altText].map(normaliseText),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
