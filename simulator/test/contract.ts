// Validates responses of the simulator against Pinterest's published contract, with an independent validator.
// Where the document is not beside the repository nothing is validated, and the conformance test says so.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OpenAPIValidator } from 'openapi-backend';

const documentPath = join('..', 'shared', 'pinterest', 'openapi.organic.strict.json');

function findDocument(): string | null {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, documentPath);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

export interface Contract {
  /** Returns the response's violations of the contract, empty when there are none. */
  problems(call: { method: string; path: string; status: number; body: unknown }): string[];
  /** Returns the request's violations of the contract, empty when there are none. */
  requestProblems(call: { method: string; path: string; body: unknown }): string[];
  operationIds: string[];
}

interface Documented {
  paths: Record<string, Record<string, { operationId?: string; responses?: Record<string, unknown> }>>;
}

export function loadContract(): Contract | null {
  const file = findDocument();
  if (file === null) return null;
  const definition = JSON.parse(readFileSync(file, 'utf8')) as Documented;
  const validator = new OpenAPIValidator({
    // biome-ignore lint/suspicious/noExplicitAny: the validator wants its own type of a document read from disk.
    definition: inline(definition) as any,
    ajvOpts: { strict: false, formats: { date: true } },
    lazyCompileValidators: true,
  });
  const match = (method: string, path: string) =>
    validator.router.matchOperation({ method, path, headers: {} });

  return {
    problems: ({ method, path, status, body }) => {
      const operation = match(method, path);
      if (operation?.operationId === undefined) return [`no operation for ${method} ${path}`];
      const responses = (operation.responses ?? {}) as Record<string, { content?: unknown }> & {
        default?: { content?: unknown };
      };
      const response = responses[status] ?? responses.default;
      if (response === undefined) return [`${operation.operationId} does not declare ${status}`];
      if (response.content === undefined) {
        return body === null ? [] : [`${operation.operationId} ${status} should have no body`];
      }
      const result = validator.validateResponse(body, operation, status);
      return messages(result.errors);
    },
    requestProblems: ({ method, path, body }) => {
      const operation = match(method, path);
      if (operation === undefined) return [`no operation for ${method} ${path}`];
      const [bare = '', query = ''] = path.split('?');
      const headers = { 'content-type': 'application/json' };
      return messages(
        validator.validateRequest({ method, path: bare, query, headers, body }, operation).errors,
      );
    },
    operationIds: Object.values(definition.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ operationId }) => operationId ?? []),
    ),
  };
}

function messages(
  errors: readonly { instancePath: string; message?: string }[] | null | undefined,
): string[] {
  return (errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? ''}`);
}

/**
 * Puts each `$ref`'s target in its place: the document has no circles. Says `nullable` without a type,
 * which OpenAPI 3.0 allows and the validator refuses, in words that it takes.
 */
function inline(root: unknown): unknown {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    if ('$ref' in value && typeof value.$ref === 'string') return walk(target(root, value.$ref));
    if ('nullable' in value && value.nullable === true && !('type' in value)) {
      const { nullable: _said, ...rest } = value;
      return { anyOf: [walk(rest), { enum: [null] }] };
    }
    return Object.fromEntries(
      Object.entries(value)
        // Mappings of discriminators point into components, which are no longer needed.
        .filter(([key]) => key !== 'discriminator')
        .map(([key, item]) => [key, walk(item)]),
    );
  };
  return walk(root);
}

function target(root: unknown, reference: string): unknown {
  let found: unknown = root;
  for (const part of reference.replace(/^#\//, '').split('/')) {
    found = (found as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return found;
}
