/**
 * A problem that only the operator can fix. The message has the problem and the remedy, and is printed without a stack
 * trace.
 */
export class SetupProblem extends Error {
  override readonly name = 'SetupProblem';
}
