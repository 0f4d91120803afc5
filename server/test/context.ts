// A context for tests that call a use case without HTTP, as jobs and content sources do.
import { type Context, systemActor } from '../src/platform/use-case/index.ts';
import type { TestApp } from './app.ts';

interface ContextSource {
  parts: Pick<TestApp['parts'], 'database' | 'clock' | 'log'>;
  organizationId: string;
}

/** The context of the system in an organization, without restrictions. */
export function systemContext({ parts, organizationId }: ContextSource): Context {
  const { database, clock, log } = parts;
  return {
    actor: systemActor,
    organizationId,
    scopes: null,
    accountIds: null,
    clock,
    log,
    signal: new AbortController().signal,
    commit: (work) => database.transaction(work),
  };
}
