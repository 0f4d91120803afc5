// The table of docs/api-contract.md: the scopes that each operation needs, and what a key that is restricted to some
// accounts may do with it.

import type { Route } from '../../server/src/platform/http/contract/index.ts';
import { restrictedKeys } from '../../server/test/rights/restricted-keys.ts';

/** Returns a table in Markdown, in the order of the document. */
export function rightsTable(routes: readonly Route[]): string {
  const rows = routes.map(({ operationId, method, path, scope }) => {
    const scopes = scope === null ? 'none' : [scope].flat().map(code).join(' and ');
    const request = code(`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    return `| ${code(operationId)} | ${request} | ${scopes} | ${restrictedKeys[operationId]?.may ?? ''} |`;
  });
  return [
    '',
    '| operation | request | scopes | with a restricted key |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const code = (text: string) => `\`${text}\``;
