// Derives bad requests for a route from its declaration, so that tests attack a new route as soon as it exists.
import type { Route } from '../../src/platform/http/contract/index.ts';
import {
  type Belongings,
  fieldsOf,
  idsFor,
  type JsonSchema,
  type Path,
  parametersOf,
  pathOf,
  sampleBody,
  schemaOf,
  type Tenants,
} from '../route-samples.ts';
import { contentTypes, hostileTexts, hostileValues, malformedBodies } from './hostile-values.ts';

export interface Attack {
  what: string;
  operationId: string;
  method: string;
  path: string;
  /** Sent unchanged when it is text or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  key?: null;
  /** Unknown fields, which the response must name. */
  unknownFields?: readonly string[];
  /** Must be refused; attacks without it may be harmless. */
  isRefused?: true;
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];

/** Returns all attacks on all routes. */
export function attacksOn(routes: readonly Route[], tenants: Tenants): Attack[] {
  const methodOrder = ['GET', 'PATCH', 'POST', 'PUT', 'DELETE'];
  // Routes that delete are last, and those that delete whole accounts at the end: other attacks need the data.
  const ordered = routes.toSorted(
    (a, b) => methodOrder.indexOf(a.method) - methodOrder.indexOf(b.method) || b.path.length - a.path.length,
  );
  return ordered.flatMap((route) => [
    ...onRequest(route, tenants),
    ...onParameters(route, tenants),
    ...onQuery(route, tenants),
    ...onBody(route, tenants),
  ]);
}

/** Attacks with the key, method, media type, headers and malformed bodies. */
function onRequest(route: Route, tenants: Tenants): Attack[] {
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

/** Attacks with invalid ids and with ids of another tenant. */
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
    // An invalid body is reported first.
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
    // A third of the values for each field, a sixth inside lists and objects.
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

/** Returns ids of another tenant, for a field whose name suggests an id. */
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

/** Returns a copy of `value` with a replacement at a path; undefined removes the field. */
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
