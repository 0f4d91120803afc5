/**
 * A problem that only the person who runs Pintail can fix. The message is complete: the problem and the remedy. Print it
 * without a stack.
 */
export class SetupProblem extends Error {
  override readonly name = 'SetupProblem';
}
