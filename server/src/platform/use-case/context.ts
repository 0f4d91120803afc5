// The context of a use case: the caller, and the clock, log, signal and transaction to use. Independent of HTTP:
// routes, jobs and commands each create one.
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Actor } from './actor.ts';
import type { Commit } from './commit.ts';

/** The actor of a request, its organization and its rights. */
export interface Caller {
  actor: Actor;
  organizationId: string;
  /** The scopes of the caller. Null: every scope. */
  scopes: readonly string[] | null;
  /** The accounts that the caller is restricted to. Null: every account of the organization. */
  accountIds: readonly string[] | null;
}

/** The second parameter of every use case that changes something. */
export interface Context extends Caller {
  clock: Clock;
  log: Log;
  /** Aborted when the client disconnects and the result is not needed. */
  signal: AbortSignal;
  commit: Commit;
}

/** Returns true if the caller has a scope. */
export function callerMay(caller: Pick<Caller, 'scopes'>, scope: string): boolean {
  return caller.scopes === null || caller.scopes.includes(scope);
}

/** Returns true if the caller is not restricted to other accounts. Does not check the organization of the account. */
export function callerSeesAccount(caller: Pick<Caller, 'accountIds'>, accountId: string): boolean {
  return caller.accountIds === null || caller.accountIds.includes(accountId);
}
