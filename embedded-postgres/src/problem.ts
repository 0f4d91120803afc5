/**
 * A problem that only the person at the machine can fix. The message says what is wrong and what to do; print it without
 * a stack.
 */
export class EmbeddedPostgresProblem extends Error {
  override readonly name = 'EmbeddedPostgresProblem';
}
