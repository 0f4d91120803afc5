// Pinterest's ids are digits. They become parts of a path, so nothing else may.
import type { Answer } from '../wire/answers.ts';
import type { Caller, Question } from '../wire/caller.ts';

export function isPinterestId(value: string): boolean {
  return /^\d{1,64}$/.test(value);
}

/** Sends the request only when every id in its path is valid. */
export async function answerAbout<T>(
  caller: Caller,
  ids: readonly string[],
  question: Question<T>,
): Promise<Answer<T>> {
  if (ids.every(isPinterestId)) return caller.answer(question);
  return { kind: 'failed', ...caller.refuse('a Pin, board or section id is not made of digits') };
}
