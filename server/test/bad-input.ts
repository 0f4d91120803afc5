// Makes bad requests for any route from what the route declares: so that a new route is attacked on the day it is
// added. Nothing here knows any particular route; names of fields and parameters are all it goes by.
import { z } from 'zod';
import type { Route } from '../src/platform/http/route.ts';

export interface Attack {
  what: string;
  operationId: string;
  method: string;
  path: string;
  /** Sent as it is when it is text or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  key?: null;
  /** The fields that the answer must name, since none of them exists. */
  unknownFields?: readonly string[];
  /** It must be refused; others may turn out to be harmless. */
  isRefused?: true;
}

/** What a tenant has: ids by their prefix, or the name of the parameter that takes them. */
export type Belongings = ReadonlyMap<string, readonly string[]>;

export interface Tenants {
  own: Belongings;
  foreign: Belongings;
  /** A picture that can be fetched. */
  pictureUrl: string;
}

interface JsonSchema {
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

type Path = readonly (string | number)[];

const hostileTexts = [
  '',
  ' ',
  'null',
  'x'.repeat(5_000),
  '🍋'.repeat(600),
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udfffb',
  '\u202e\u202dpay\u2066load\u2069',
  'مرحبا بالعالم',
  'e\u0301'.repeat(300),
  '\u200b\ufeff\u00ad',
  "'; drop table posts; --",
  "' or '1'='1",
  '1); select pg_sleep(10); --',
  '%27%20or%201=1',
  '$1',
  '\\',
  '../../../../etc/passwd',
  '..\\..\\windows\\win.ini',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://127.0.0.1:1/',
  'http://[::1]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://0x7f000001/',
  'https://user:password@127.0.0.1/',
  'http://',
  'https://ex ample/',
  '<script>alert(1)</script>',
  '{{7*7}}<%= 7*7 %>',
  '\r\nX-Injected: 1',
  '%s%n%x',
  '2027-02-30T09:00:00Z',
  '2027-03-01T09:00:00',
  '0000-00-00T00:00:00Z',
  '99999-01-01T00:00:00Z',
  '25:61',
  'Mars/Olympus',
  '-1',
  '1e309',
  'NaN',
  'Infinity',
  '__proto__',
  'constructor',
  'toString',
];

const hostileValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e21,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  [],
  [[]],
  [null],
  [1, 'a', {}],
  Array.from({ length: 2_000 }, () => 'x'),
  {},
  { length: 1 },
  { toString: 'x', constructor: { prototype: {} } },
  nested(60),
  ...hostileTexts,
];

const malformedBodies: readonly (string | Buffer)[] = [
  '{',
  '}',
  '{"a":}',
  '{"a":1,}',
  "{'a':1}",
  '{"a":01}',
  '{"a":NaN}',
  '{"a":"\u0001"}',
  '{"a":"\\x"}',
  '{"a":"\\ud800"}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '{"a":1}{"b":2}',
  'undefined',
  'null',
  'true',
  '5',
  '"text"',
  '[]',
  '[{}]',
  '\u0000',
  '{"a":1e400}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `{"a":${'9'.repeat(10_000)}}`,
  `{${Array.from({ length: 3_000 }, (_, index) => `"f${index}":1`).join(',')}}`,
  Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
  Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
];

const contentTypes = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/jsonp',
  'text/csv',
  'application/x-ndjson',
  'application/octet-stream',
  'nonsense',
];

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];

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

/** Every attack on every route. */
export function attacksOn(routes: readonly Route[], tenants: Tenants): Attack[] {
  const gentleFirst = ['GET', 'PATCH', 'POST', 'PUT', 'DELETE'];
  // What deletes comes last, and whole accounts after all else: the others want something to attack.
  const ordered = routes.toSorted(
    (a, b) => gentleFirst.indexOf(a.method) - gentleFirst.indexOf(b.method) || b.path.length - a.path.length,
  );
  return ordered.flatMap((route) => [
    ...onWay(route, tenants),
    ...onParameters(route, tenants),
    ...onQuery(route, tenants),
    ...onBody(route, tenants),
  ]);
}

/** Key, method, media type, headers, and bodies that are none. */
function onWay(route: Route, tenants: Tenants): Attack[] {
  const path = pathOf(route, tenants.own);
  const base = { operationId: route.operationId, method: route.method, path };
  const body = sampleBody(route, tenants);
  const attacks: Attack[] = [{ ...base, what: 'no key', key: null, ...withBody(body), isRefused: true }];
  for (const authorization of ['Bearer', 'Bearer  ', 'Basic eDp5', 'Bearer pt_test_x', 'Bearer \u00ff']) {
    attacks.push({
      ...base,
      what: `authorization ${authorization}`,
      headers: { authorization },
      isRefused: true,
    });
  }
  const others = methods.filter((method) => method !== route.method);
  for (const method of others)
    attacks.push({ ...base, what: `method ${method}`, method, path: `${path}/none` });
  if (route.method === 'GET') return attacks;
  for (const contentType of contentTypes) {
    attacks.push({ ...base, what: contentType, body: '{}', headers: { 'content-type': contentType } });
  }
  for (const text of malformedBodies) {
    attacks.push({ ...base, what: `body ${String(text).slice(0, 30)}`, body: text });
  }
  attacks.push({
    ...base,
    what: 'an endless Idempotency-Key',
    ...withBody(body),
    headers: { 'idempotency-key': 'x'.repeat(256) },
    isRefused: true,
  });
  return attacks;
}

/** Ids that are none, and ids of another tenant's. */
function onParameters(route: Route, { own, foreign }: Tenants): Attack[] {
  return parametersOf(route).flatMap((name, position) => {
    const sendable = hostileTexts.filter((text) => text !== '' && text.isWellFormed());
    const hostile = sendable.filter((_, index) => (index + position + route.path.length) % 3 === 0);
    const bad = hostile.map((text) => ({ text, isForeign: false }));
    const others = idsFor(name, foreign).map((text) => ({ text, isForeign: true }));
    return [...bad, ...others].map(({ text, isForeign }) => ({
      what: `${isForeign ? 'foreign ' : ''}${name} ${text.slice(0, 30)}`,
      operationId: route.operationId,
      method: route.method,
      path: pathOf(route, own, { [name]: text }),
      ...(isForeign && { isRefused: true as const }),
      ...(route.body && { body: {} }),
    }));
  });
}

function onQuery(route: Route, tenants: Tenants): Attack[] {
  const path = pathOf(route, tenants.own);
  const base = {
    operationId: route.operationId,
    method: route.method,
    ...withBody(sampleBody(route, tenants)),
  };
  const fields = Object.keys(schemaOf(route.query).properties ?? {});
  const attacks: Attack[] = [...fields, ''].map((name) => ({
    ...base,
    what: `unknown parameter like ${name}`,
    path: `${path}?${name}x_=1`,
    // A body that is wrong is told first.
    ...(!route.body && { unknownFields: [`${name}x_`] }),
    isRefused: true,
  }));
  for (const name of fields) {
    const foreign = idsFor(name, tenants.foreign);
    for (const text of [
      ...hostileTexts.filter(
        (each, index) => each.isWellFormed() && (each.includes('\0') || index % 2 === name.length % 2),
      ),
      ...foreign,
    ]) {
      const query = `${name}=${encodeURIComponent(text)}`;
      attacks.push({ ...base, what: `${name}=${text.slice(0, 30)}`, path: `${path}?${query}` });
    }
    attacks.push({ ...base, what: `${name} twice`, path: `${path}?${name}=1&${name}=2` });
    attacks.push({ ...base, what: `${name} in brackets`, path: `${path}?${name}[a]=1`, isRefused: true });
    attacks.push({ ...base, what: `${name} of bad bytes`, path: `${path}?${name}=%ff%fe` });
  }
  return attacks;
}

function onBody(route: Route, tenants: Tenants): Attack[] {
  if (route.method === 'GET') return [];
  const base = { operationId: route.operationId, method: route.method, path: pathOf(route, tenants.own) };
  const sample = sampleBody(route, tenants) ?? {};
  const attacks: Attack[] = ['sendAtt', 'x_', '$where', 'a.b'].map((name) => ({
    ...base,
    what: `unknown field ${name}`,
    body: { ...(sample as object), [name]: 1 },
    unknownFields: [name],
    isRefused: true,
  }));
  if (!route.body) return attacks;
  for (const { path, schema } of fieldsOf(schemaOf(route.body))) {
    const name = path.join('.');
    // The same values come again and again: a third of them for each field, a sixth inside lists and objects.
    const step = path.length === 1 ? 3 : 6;
    const tried = hostileValues.filter((_, index) => index % step === attacks.length % step);
    const values = [...tried, ...atLimits(schema), ...foreignFor(path, tenants.foreign)];
    for (const value of values) {
      attacks.push({
        ...base,
        what: `${name} = ${String(JSON.stringify(value)).slice(0, 40)}`,
        body: put(sample, path, value),
      });
    }
    attacks.push({ ...base, what: `without ${name}`, body: put(sample, path, undefined) });
    if (schema.properties) {
      const unknown = [...path, 'x_'];
      attacks.push({
        ...base,
        what: `unknown field in ${name}`,
        body: put(sample, unknown, 1),
        unknownFields: [unknown.join('.')],
        isRefused: true,
      });
    }
  }
  return attacks;
}

/** Ids of another tenant's, for a field that seems to take one. */
function foreignFor(path: Path, foreign: Belongings): readonly unknown[] {
  const name = String(path.findLast((step) => typeof step === 'string') ?? '');
  const ids = idsFor(name.replace(/s$/, ''), foreign);
  return name.endsWith('s') ? ids.map((id) => [id]) : ids;
}

function atLimits({ maxLength, minimum, enum: allowed }: JsonSchema): unknown[] {
  return [
    ...(maxLength === undefined
      ? []
      : ['é'.repeat(maxLength), '🍋'.repeat(maxLength), 'x'.repeat(maxLength + 1)]),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(allowed ? [`${String(allowed[0])} `, String(allowed[0]).toUpperCase()] : []),
  ];
}

/** As the route takes it in, with every part of it in place. */
function schemaOf(schema: z.ZodType | undefined): JsonSchema {
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

/** Every field, also inside objects and lists. */
function fieldsOf(schema: JsonSchema, path: Path = []): { path: Path; schema: JsonSchema }[] {
  if (path.length >= depthMax) return [];
  const inner = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const found = inner.flatMap(({ properties = {}, items }) => [
    ...Object.entries(properties).map(([name, field]) => ({ path: [...path, name], schema: field })),
    ...(items ? [{ path: [...path, 0], schema: items }] : []),
  ]);
  const unique = new Map(found.map((field) => [field.path.join('.'), field]));
  return [...unique.values()].flatMap((field) => [field, ...fieldsOf(field.schema, field.path)]);
}

/** A body that the route probably takes. Null where it takes none. */
export function sampleBody(route: Route, tenants: Tenants): unknown {
  return route.body ? sampleOf(schemaOf(route.body), '', tenants) : undefined;
}

function sampleOf(schema: JsonSchema, name: string, tenants: Tenants): unknown {
  const known = knownSample(name, tenants);
  if (known !== undefined) return known;
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

function knownSample(name: string, { own, pictureUrl }: Tenants): unknown {
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

function idsFor(name: string, belongings: Belongings): readonly string[] {
  return belongings.get(name) ?? belongings.get(prefixes[name] ?? '') ?? [];
}

function parametersOf(route: Route): string[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** The route's path with ids of the tenant's, or with others where they are given. */
export function pathOf(route: Route, own: Belongings, given: Record<string, string> = {}): string {
  return route.path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const id = given[name] ?? idsFor(name, own)[0] ?? `${prefixes[name] ?? 'x'}_${'0'.repeat(26)}`;
    return encodeURIComponent(id);
  });
}

/** A copy of `value` with something else at a path; undefined takes it away. */
function put(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement;
  if (typeof step === 'number') {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    list[step] = put(list[step], rest, replacement);
    return list;
  }
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return { ...object, [step]: put((object as Record<string, unknown>)[step], rest, replacement) };
}

function withBody(body: unknown): { body?: unknown } {
  return body === undefined ? {} : { body };
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: nested(depth - 1) };
}
