// For tests: checks requests against Pinterest's published description (tightened; see its NOTICE), with a
// validator that is not ours. The document is not part of this repository.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Document, OpenAPIBackend } from 'openapi-backend';
import type { RawRequest } from './test-server.fixture.ts';

const documentPath = fileURLToPath(
  new URL('../../../../shared/pinterest/openapi.organic.strict.json', import.meta.url),
);

/** False where only the repository itself was checked out. */
export const hasContract = existsSync(documentPath);

export interface Contract {
  /** The problems of a request; empty when it is valid. */
  problemsOf(request: RawRequest): string[];
}

export async function loadContract(): Promise<Contract> {
  const definition = JSON.parse(readFileSync(documentPath, 'utf8'), dropExplode) as Document;
  const api = new OpenAPIBackend({
    definition,
    apiRoot: '/v5',
    quick: true,
    // Query and path values are text on the wire.
    coerceTypes: true,
    ajvOpts: { strict: false, allErrors: true, formats: { date: /^\d{4}-\d{2}-\d{2}$/ } },
  });
  await api.init();
  return {
    problemsOf(request) {
      const parsed = {
        ...request,
        body: parseBody(request),
        query: new URL(request.path, 'http://x').search,
      };
      const operation = api.matchOperation(parsed);
      if (!operation) return [`${request.method} ${request.path} is not in the contract`];
      const { errors } = api.validateRequest(parsed, operation);
      return [
        ...(errors ?? []).map((error) => `${error.instancePath} ${error.message}`),
        ...secured(request),
      ];
    },
  };
}

/** The validator splits any `explode: false` parameter at commas, though only lists are written that way. */
function dropExplode(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('explode' in value) || !('schema' in value))
    return value;
  const { explode, ...others } = value;
  return (others.schema as { type?: string }).type === 'array' ? value : others;
}

/** Parses a form into an object with booleans, as the validator requires. */
function parseBody(request: RawRequest): unknown {
  if (request.body === '') return undefined;
  const type = request.headers['content-type'];
  if (type === 'application/json') return JSON.parse(request.body);
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  const fields = [...new URLSearchParams(request.body)];
  return Object.fromEntries(
    fields.map(([name, value]) => [name, ['true', 'false'].includes(value) ? value === 'true' : value]),
  );
}

/** Checks the authorization, because the validator ignores security schemes. */
function secured(request: RawRequest): string[] {
  const wanted = request.path.startsWith('/v5/oauth/') ? /^Basic \S+$/ : /^Bearer \S+$/;
  return wanted.test(request.headers.authorization ?? '') ? [] : ['no authorization of the right kind'];
}
