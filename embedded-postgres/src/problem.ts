/**
 * Something that only the person at the machine can fix. The message is complete: what is wrong and what to do. Show it
 * without a stack.
 */
export class EmbeddedPostgresProblem extends Error {
  override readonly name = 'EmbeddedPostgresProblem';
}
