// The control interface: tests and people seed the simulator, set faults and change its clock and settings.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { operationIds } from '../api/operations.ts';
import type { Clock } from '../ground/clock.ts';
import { ControlError } from '../ground/control-error.ts';
import { faultSchema } from '../http/faults.ts';
import type { Limits } from '../http/limits.ts';
import type { Previews } from '../images/previews.ts';
import { fingerprint } from '../store/ids.ts';
import type { Switches } from '../store/switches.ts';
import { seed } from './seed.schema.ts';
import { applySeed, ensureBuiltInApp } from './seed.ts';
import { pinRecord, type StateParts, stateOf } from './views.ts';

const faultsBody = z.strictObject({ faults: z.array(faultSchema).max(1_000) });
const clockBody = z.union([
  z.strictObject({ advanceSeconds: z.number().min(-10_000_000_000).max(10_000_000_000) }),
  z.strictObject({ now: z.iso.datetime({ offset: true }) }),
]);
const spamBody = z.strictObject({
  accountId: z.string().max(64),
  seconds: z.number().min(0).max(10_000_000),
  status: z.union([z.literal(429), z.literal(403), z.literal(400)]).default(429),
});
const revokeBody = z.union([
  z.strictObject({ accountId: z.string().max(64) }),
  z.strictObject({ accessToken: z.string().max(1_000) }),
]);
const accountBody = z.strictObject({ state: z.enum(['active', 'suspended', 'deleted']) });
const pinsQuery = z.object({
  accountId: z.string().optional(),
  boardId: z.string().optional(),
  includeDeleted: z.enum(['true', 'false']).optional(),
});
const requestsQuery = z.object({
  operation: z.string().optional(),
  accountId: z.string().optional(),
  after: z.coerce.number().min(0).default(0),
});

export interface ControlParts extends StateParts, Switches {
  previews: Previews;
  limits: Limits;
}

/** Adds all routes below /_control. */
export function addControlRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { store, clock, faults, ledger } = parts;

  app.post('/_control/reset', async () => {
    store.reset();
    await parts.previews.clear();
    faults.clear();
    ledger.clear();
    parts.limits.clear();
    parts.resetSettings();
    clock.advance(-clock.offsetMs());
    ensureBuiltInApp(store);
    return stateOf(parts);
  });

  app.post('/_control/seed', async (request) => applySeed(parts, read(seed, request)));

  app.get('/_control/faults', async () => ({ faults: faults.list() }));
  app.post('/_control/faults', async (request) => {
    const input = read(faultsBody, request).faults;
    for (const { operation } of input) requireOperation(operation);
    return { faults: faults.add(input) };
  });
  app.delete('/_control/faults', async () => {
    faults.clear();
    return { faults: [] };
  });

  app.get('/_control/clock', async () => clockView(clock));
  app.post('/_control/clock', async (request) => {
    const change = read(clockBody, request);
    if ('now' in change) clock.setTo(new Date(change.now));
    else clock.advance(change.advanceSeconds * 1_000);
    store.setValue('clockOffsetMs', clock.offsetMs());
    return clockView(clock);
  });

  app.get('/_control/settings', async () => parts.settings());
  app.post('/_control/settings', async (request) => {
    const change = read(z.record(z.string(), z.unknown()), request);
    try {
      return parts.changeSettings(change);
    } catch (error) {
      if (error instanceof z.ZodError) throw new ControlError(400, z.prettifyError(error));
      throw error;
    }
  });

  app.get('/_control/pins', async (request) => {
    const query = readQuery(pinsQuery, request);
    const pins = [...store.rows.pins.values()].filter(
      (pin) =>
        (query.accountId === undefined || pin.accountId === query.accountId) &&
        (query.boardId === undefined || pin.boardId === query.boardId) &&
        (query.includeDeleted === 'true' || pin.deletedAt === null),
    );
    return { pins: pins.map(pinRecord) };
  });

  app.get('/_control/requests', async (request) => {
    const query = readQuery(requestsQuery, request);
    const requests = ledger
      .list()
      .filter(
        (entry) =>
          entry.requestNumber > query.after &&
          (query.operation === undefined || entry.operation === query.operation) &&
          (query.accountId === undefined || entry.accountId === query.accountId),
      );
    return { requests };
  });

  app.get('/_control/state', async () => stateOf(parts));

  app.post('/_control/spam-blocks', async (request) => {
    const { accountId, seconds, status } = read(spamBody, request);
    if (!store.rows.accounts.has(accountId)) throw new ControlError(404, 'Account not found.');
    const until = new Date(clock.nowMs() + seconds * 1_000).toISOString();
    const row = { id: accountId, until, status };
    store.commit({ put: 'spamBlocks', row });
    return row;
  });

  app.post('/_control/tokens/revoke', async (request) => {
    const owner = read(revokeBody, request);
    const now = clock.now().toISOString();
    const tokens = [...store.rows.tokens.values()].filter((token) =>
      'accountId' in owner
        ? token.accountId === owner.accountId
        : token.id === fingerprint(owner.accessToken),
    );
    for (const token of tokens) {
      store.commit({ put: 'tokens', row: { ...token, accessRevokedAt: now, refreshRevokedAt: now } });
    }
    return { revoked: tokens.length };
  });

  app.post('/_control/accounts/:accountId', async (request) => {
    const account = store.rows.accounts.get(idOf(request, 'accountId'));
    if (account === undefined) throw new ControlError(404, 'Account not found.');
    const { state } = read(accountBody, request);
    store.commit({ put: 'accounts', row: { ...account, state } });
    return { id: account.id, state };
  });

  app.delete('/_control/boards/:boardId', async (request) => {
    const id = idOf(request, 'boardId');
    if (!store.rows.boards.has(id)) throw new ControlError(404, 'Board not found.');
    store.commit({ drop: 'boards', id });
    return { id };
  });
}

function requireOperation(operation: string): void {
  // A fault on a misspelled operation would never match, and its test would prove nothing.
  if (operation === '*' || operationIds.has(operation)) return;
  throw new ControlError(400, `Unknown operation ${operation}. Use ${[...operationIds].join(', ')}, *.`);
}

function clockView(clock: Clock): unknown {
  return { now: clock.now().toISOString(), offsetSeconds: clock.offsetMs() / 1_000 };
}

function read<S extends z.ZodType>(schema: S, request: FastifyRequest): z.infer<S> {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8') || '{}');
  } catch {
    throw new ControlError(400, 'The body is not valid JSON.');
  }
  return readValue(schema, value);
}

function readQuery<S extends z.ZodType>(schema: S, request: FastifyRequest): z.infer<S> {
  return readValue(schema, { ...(request.query as object) });
}

function readValue<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw new ControlError(400, z.prettifyError(result.error));
  return result.data;
}

function idOf(request: FastifyRequest, name: string): string {
  return String((request.params as Record<string, unknown>)[name] ?? '');
}
