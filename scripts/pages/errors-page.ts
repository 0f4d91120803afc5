// docs/errors.md: every refusal and every code with its remedy, from their declarations.
import { detailCodes } from '../../server/src/detail-codes.ts';
import { connectPageRefusals } from '../../server/src/features/accounts/index.ts';
import type { RefusalDeclaration, RefusalMaker } from '../../server/src/platform/errors.ts';
import type { Route } from '../../server/src/platform/http/contract/index.ts';
import * as everywhere from '../../server/src/platform/http/contract/refusals.ts';
import { refusalsOf } from '../../server/src/platform/http/index.ts';

const { statusOf } = everywhere;

/** @param notice The line that says that the page is generated. */
export function errorsPage(routes: readonly Route[], notice: string): string {
  return [
    '# Errors',
    '',
    notice,
    '',
    'An error response is `{"error": {"code", "reason", "message", "hint"?, "details"?}, "meta": {"requestId"}}`.',
    '`code` is the code of the hosted API, which several refusals share. `reason` is the name of the one refusal. Both,',
    'and each `details[].code`, are stable, for programs; messages and hints are for people. `details` names every',
    'invalid field at once.',
    'Quote `meta.requestId` when you ask for help: every log line of the request has it.',
    '',
    'Data that is not a complete request has the code `BAD_REQUEST` and a status of its own: 408 if it arrives too',
    'slowly, 431 if the headers are too large, 400 if it is not HTTP.',
    '',
    '## Refusals',
    '',
    '| reason | status | code | message | what to do | where |',
    '| --- | --- | --- | --- | --- | --- |',
    ...refusalRows(routes),
    '',
    '## Detail codes',
    '',
    ...detailCodes.flatMap(({ title, about, codes }) => [
      `### ${title}`,
      '',
      about,
      '',
      '| code | meaning |',
      '| --- | --- |',
      ...Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
      '',
    ]),
  ].join('\n');
}

function refusalRows(routes: readonly Route[]): string[] {
  const general = new Set(
    Object.values(everywhere)
      .filter(isMaker)
      .map((maker) => maker.declaration),
  );
  const users = new Map<RefusalDeclaration, string[]>();
  for (const route of routes) {
    for (const { declaration } of refusalsOf(route)) {
      users.set(declaration, [...(users.get(declaration) ?? []), `\`${route.operationId}\``]);
    }
  }
  for (const { declaration } of connectPageRefusals) users.set(declaration, ['the page after connecting']);
  return [...new Set([...general, ...users.keys()])]
    .toSorted(
      (a, b) =>
        statusOf[a.code] - statusOf[b.code] || compare(a.code, b.code) || compare(a.message, b.message),
    )
    .map((declaration) => {
      const { code, reason, message, fix = '' } = declaration;
      const where = general.has(declaration) ? 'anywhere' : [...new Set(users.get(declaration))].join(', ');
      return `| \`${reason}\` | ${statusOf[code]} | \`${code}\` | ${message} | ${fix} | ${where} |`;
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isMaker(value: unknown): value is RefusalMaker {
  return typeof value === 'function' && 'declaration' in value;
}
