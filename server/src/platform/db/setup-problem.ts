/**
 * Something that only the person who runs Pintail can put right. The message is complete: what is wrong and
 * what to do. Show it without a stack.
 */
export class SetupProblem extends Error {
  override readonly name = 'SetupProblem';
}
