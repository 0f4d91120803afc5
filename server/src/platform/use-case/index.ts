// The vocabulary of use cases: actor, context, commit and result. Independent of HTTP.
export { type Actor, actorFromColumn, type Stamp, systemActor } from './actor.ts';
export { allOrRefuse, asOneRefusal } from './all-or-refuse.ts';
export type { Commit, Result, Warning } from './commit.ts';
export { type Caller, type Context, callerMay, callerSeesAccount } from './context.ts';
export { invalidBody, invalidQuery, unauthorized } from './refusals.ts';
export { hintsOfUnknownFields, inside, nearest, toDetails } from './validation.ts';
