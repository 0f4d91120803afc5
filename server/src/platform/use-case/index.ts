// The vocabulary of use cases: who acts, in which context, what comes back. Knows no HTTP.
export { type Actor, type ActorType, actorFromColumn, actorTypes, type Stamp, systemActor } from './actor.ts';
export type { Commit, Result, Warning } from './commit.ts';
export { type Caller, type Context, callerMay, callerSeesAccount } from './context.ts';
export { invalidBody, invalidQuery } from './refusals.ts';
