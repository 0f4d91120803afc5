// Requests that a route probably accepts, derived from its declaration: independent of particular routes, based only on
// the names of fields and parameters.
import { z } from 'zod';
import type { Route } from '../src/platform/http/contract/index.ts';

/** The ids of a tenant, by their prefix or by the name of the parameter that accepts them. */
export type Belongings = ReadonlyMap<string, readonly string[]>;

export interface Tenants {
  own: Belongings;
  foreign: Belongings;
  /** The URL of an image that can be fetched. */
  pictureUrl: string;
}

export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  minimum?: number;
  maxLength?: number;
}

export type Path = readonly (string | number)[];

const prefixes: Record<string, string> = {
  accountId: 'acc',
  postId: 'post',
  timeslotId: 'slot',
  slotId: 'slot',
  mediaId: 'med',
  batchId: 'bat',
  webhookId: 'whk',
  keyId: 'key',
  apiKeyId: 'key',
};

/** Returns the input schema as JSON Schema, with every part inlined. */
export function schemaOf(schema: z.ZodType | undefined): JsonSchema {
  if (!schema) return {};
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    metadata: z.registry<{ id?: string }>(),
  });
  return json as JsonSchema;
}

const depthMax = 4;

/** Returns every field, also inside objects and lists. */
export function fieldsOf(schema: JsonSchema, path: Path = []): { path: Path; schema: JsonSchema }[] {
  if (path.length >= depthMax) return [];
  const inner = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const fields = inner.flatMap(({ properties = {}, items }) => [
    ...Object.entries(properties).map(([name, field]) => ({ path: [...path, name], schema: field })),
    ...(items ? [{ path: [...path, 0], schema: items }] : []),
  ]);
  const unique = new Map(fields.map((field) => [field.path.join('.'), field]));
  return [...unique.values()].flatMap((field) => [field, ...fieldsOf(field.schema, field.path)]);
}

/** Returns a body that the route probably accepts; undefined when it has none. */
export function sampleBody(route: Route, tenants: Tenants): unknown {
  return route.body ? sampleOf(schemaOf(route.body), '', tenants) : undefined;
}

function sampleOf(schema: JsonSchema, name: string, tenants: Tenants): unknown {
  const sample = namedSample(name, tenants);
  if (sample !== undefined) return sample;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return sampleOf(choice, name, tenants);
  switch ([schema.type].flat()[0]) {
    case 'object': {
      const names = Object.keys(schema.properties ?? {}).filter(
        (field) =>
          schema.required?.includes(field) ||
          field === 'mediaUrl' ||
          field === 'title' ||
          field === 'minDays',
      );
      return Object.fromEntries(
        names.map((field) => [field, sampleOf(schema.properties?.[field] ?? {}, field, tenants)]),
      );
    }
    case 'array':
      return schema.items ? [sampleOf(schema.items, name.replace(/s$/, ''), tenants)] : [];
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return false;
    default:
      return 'Zebra crossing';
  }
}

function namedSample(name: string, { own, pictureUrl }: Tenants): unknown {
  const samples: Record<string, unknown> = {
    mediaUrl: pictureUrl,
    url: 'https://example.com/zebra',
    timePreference: '09:30',
    timezone: 'UTC',
    from: '08:00',
    to: '20:00',
    id: own.get('post')?.[0],
  };
  return samples[name] ?? idsFor(name, own)[0];
}

export function idsFor(name: string, belongings: Belongings): readonly string[] {
  return belongings.get(name) ?? belongings.get(prefixes[name] ?? '') ?? [];
}

export function parametersOf(route: Route): string[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** Returns the route's path with ids of the tenant, or with the ids in `override`. */
export function pathOf(route: Route, own: Belongings, override: Record<string, string> = {}): string {
  return route.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const id = override[name] ?? idsFor(name, own)[0] ?? `${prefixes[name] ?? 'x'}_${'0'.repeat(26)}`;
    return encodeURIComponent(id);
  });
}
