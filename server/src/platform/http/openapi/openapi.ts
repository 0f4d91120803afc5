// Creates the OpenAPI 3.1 document and the serializers of responses from the route declarations.
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { formSchema, formType } from '../bodies/upload.ts';
import { successSchema } from '../contract/envelope.ts';
import type { Example, Examples } from '../contract/examples.ts';
import type { Route } from '../contract/route.ts';
import type { SystemPaths } from '../contract/system-path.ts';
import type { Webhooks } from '../contract/webhook.ts';
import { conventions } from './conventions.ts';
import { nameErrorCodes } from './error-codes.ts';
import { answerHeaders, refusalAnswers, refusalExamples, requestHeaders } from './openapi-answers.ts';
import { openApiWebhooks } from './openapi-webhooks.ts';
import { clientFields } from './operation-names.ts';
import { describeParametersOnce } from './parameters.ts';
import { withSharedAnswers } from './shared-answers.ts';

type JsonSchema = Record<string, unknown>;

/** Turns `anyOf: [string, null]` into `type: [string, null]`, which is easier to read and faster to serialize. */
function simplifyNullable(schema: JsonSchema): void {
  const options = schema.anyOf;
  if (!Array.isArray(options) || options.length !== 2) return;
  const [value, nothing] = options as [JsonSchema, JsonSchema];
  if (nothing.type !== 'null' || typeof value.type !== 'string') return;
  delete schema.anyOf;
  // The description of the nullable field takes precedence over that of the value.
  Object.assign(schema, { ...value, ...schema, type: [value.type, 'null'] });
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) schema.enum = [...schema.enum, null];
}

/** Simplifies what became simple only when the schema was complete. */
function simplifyNullables(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) simplifyNullable(value as JsonSchema);
  for (const nested of Object.values(value)) simplifyNullables(nested);
}

/**
 * Changes a schema for readers and client generators. Request bodies stay strict. Responses have no closed objects, and
 * `x-open-enum` marks their enums, because later versions may add fields and values.
 */
function toPublicSchema(schema: JsonSchema, io: 'input' | 'output'): void {
  simplifyNullable(schema);
  // The bounds of all JavaScript integers are not specific to the field.
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === 'input') {
    describeDefault(schema);
    return;
  }
  if (schema.additionalProperties === false) delete schema.additionalProperties;
  if (Array.isArray(schema.enum)) schema['x-open-enum'] = true;
}

/** Generated clients treat a field with a default as always present, and would require it in every body. */
function describeDefault(schema: JsonSchema): void {
  if (schema.default === undefined) return;
  const described = typeof schema.description === 'string' ? `${schema.description} ` : '';
  schema.description = `${described}Default: \`${JSON.stringify(schema.default)}\`.`;
  delete schema.default;
}

/** Serializes unions without a schema: to choose a member, the serializer would validate each value. */
function simplifyForSerializer(schema: JsonSchema): void {
  simplifyNullable(schema);
  if (!schema.anyOf && !schema.allOf) return;
  delete schema.anyOf;
  delete schema.allOf;
}

/** Returns the JSON Schema for Fastify's serializer of a response. Fields outside the schema are not sent. */
export function toAnswerJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'output',
    unrepresentable: 'any',
    // An empty registry has no ids, so components are inlined, as the serializer requires.
    metadata: z.registry<{ id?: string }>(),
    override: ({ jsonSchema }) => simplifyForSerializer(jsonSchema as JsonSchema),
  }) as JsonSchema;
}

export interface ApiInfo {
  version: string;
  /** The URL of this server. */
  url: string;
}

export interface OpenApiParts {
  routes: readonly Route[];
  /** Paths outside /v1. */
  system: SystemPaths;
  /** Requests that Pintail sends. */
  webhooks?: Webhooks;
  info: ApiInfo;
  examples: Examples;
  /** The values of `error.details[].code`. */
  detailCodes: readonly string[];
}

/** Creates the document that is served at /openapi.json. */
export function createOpenApi({ routes, system, webhooks, info, examples, detailCodes }: OpenApiParts) {
  const sent = webhooks && openApiWebhooks(webhooks);
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Pintail',
        version: info.version,
        summary: 'Publishes Pins on Pinterest: on time, exactly once.',
        description: conventions,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: info.url }],
      security: [{ apiKey: [] }],
      tags: [...new Set([...routes.map((route) => route.tag), systemTag])].map((name) => ({ name })),
      components: {
        ...(sent && { responses: sent.responses }),
        examples: refusalExamples(routes),
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer pt_…`' },
        },
      },
      paths: { ...pathsOf(routes, examples), ...systemPathItems(system) },
      ...(sent && { webhooks: sent.webhooks }),
    },
    {
      override: ({ jsonSchema, io }) => toPublicSchema(jsonSchema as JsonSchema, io),
      outputIdSuffix: 'Answer',
    },
  );
  simplifyNullables(document);
  nameErrorCodes(document, routes, detailCodes);
  describeParametersOnce(document);
  return withSharedAnswers(document);
}

function pathsOf(routes: readonly Route[], examples: Examples) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: toOperation(route, examples[route.operationId]),
    };
  }
  return paths;
}

const systemTag = 'System';

function systemPathItems(system: SystemPaths) {
  const items = Object.entries(system).map(([path, { params, query, responses, ...rest }]) => [
    path,
    {
      get: {
        ...rest,
        tags: [systemTag],
        security: [],
        requestParams: { ...(params && { path: params }), ...(query && { query }) },
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, { description, type, schema }]) => [
            status,
            { description, ...(type && { content: { [type]: { schema: schema ?? { type: 'string' } } } }) },
          ]),
        ),
      },
    },
  ]);
  return Object.fromEntries(items) as Record<string, Record<string, unknown>>;
}

const streamSchema = (description: string) => z.string().meta({ description });

function toOperation(route: Route, example: Example | undefined) {
  const headers = requestHeaders(route);
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    tags: [route.tag],
    ...clientFields(route, route.refusals),
    requestParams: {
      ...(route.params && { path: route.params }),
      ...(route.query && { query: route.query }),
      ...(headers && { header: headers }),
    },
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse(undefined).success,
        content: bodyContents(withoutNull(route.body), route, example),
      },
    }),
    responses: {
      [route.status]: {
        description: route.summary,
        headers: answerHeaders(route),
        content: {
          'application/json': {
            schema: successSchema(route.data),
            ...(example && { example: example.answer }),
          },
          ...(route.stream && { 'text/event-stream': { schema: streamSchema(route.stream.description) } }),
        },
      },
      ...refusalAnswers(route),
    },
  };
}

/** Returns the schema without null and undefined: an absent body means the same as an empty one. */
function withoutNull(body: z.ZodType): z.ZodType {
  return body instanceof z.ZodOptional || body instanceof z.ZodNullable
    ? withoutNull(body.unwrap() as z.ZodType)
    : body;
}

/** Returns the media types that a route accepts. Those other than JSON and forms have no schema. */
function bodyContents(body: z.ZodType, { otherBodies = {}, upload }: Route, example: Example | undefined) {
  const others = Object.keys(otherBodies).map((type) => [type, { schema: { type: 'string' } }]);
  return {
    'application/json': { schema: body, ...(example?.body !== undefined && { example: example.body }) },
    ...Object.fromEntries(others),
    ...(upload && { [formType]: { schema: formSchema(upload) } }),
  };
}
