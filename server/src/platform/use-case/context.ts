// What a use case knows of the request that it serves. It does not know HTTP: routes, jobs and commands all make one.
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Actor } from './actor.ts';
import type { Commit } from './commit.ts';

/** On whose behalf something is done, and how far that reaches. */
export interface Caller {
  actor: Actor;
  organizationId: string;
  /** What the caller may do; null: everything. */
  scopes: readonly string[] | null;
  /** The accounts that the caller is restricted to; null: every account of the organization. */
  accountIds: readonly string[] | null;
}

/** The second parameter of every use case that changes something. */
export interface Context extends Caller {
  clock: Clock;
  log: Log;
  /** Aborted when nobody waits for the result any longer. */
  signal: AbortSignal;
  commit: Commit;
}

export function callerMay(caller: Pick<Caller, 'scopes'>, scope: string): boolean {
  return caller.scopes === null || caller.scopes.includes(scope);
}

export function callerSeesAccount(caller: Pick<Caller, 'accountIds'>, accountId: string): boolean {
  return caller.accountIds === null || caller.accountIds.includes(accountId);
}
