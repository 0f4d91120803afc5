// Derives the document of the conformance tests from Pinterest's own OpenAPI description (CONTRIBUTING.md): the operations
// that Pintail uses, repaired where validators fail, and stricter about requests than Pinterest may be.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const publishedSha256 = '537bde5a50b181d653840bed4fb4735d753b5be4ce98bc8192de258cee67b142';
const target = fileURLToPath(new URL('../../shared/pinterest/openapi.organic.strict.json', import.meta.url));

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json;
}

const usedPath =
  /^\/(oauth\/token(\/revoke)?|user_account(\/analytics(\/top_pins|\/top_video_pins)?)?|boards(\/\{board_id\}(\/pins|\/sections(\/\{section_id\}(\/pins)?)?)?)?|pins(\/\{pin_id\}(\/save|\/analytics)?|\/analytics)?|media(\/\{media_id\})?)$/;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object at a path of keys. @throws Error where the document has another shape than 5.23.0. */
function at(value: Json, ...keys: string[]): JsonObject {
  let current: Json | undefined = value;
  for (const key of keys) current = isObject(current) ? current[key] : undefined;
  if (!isObject(current))
    throw new Error(`The document has nothing at ${keys.join('/')}. Is it version 5.23.0?`);
  return current;
}

function visit(value: Json, act: (object: JsonObject) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, act);
  else if (isObject(value)) {
    act(value);
    for (const item of Object.values(value)) visit(item, act);
  }
}

const text: JsonObject = { type: 'string', minLength: 1 };
const tokenFields: Record<string, [type: string, grant: string, fields: JsonObject, required: string[]]> = {
  code: [
    'OauthAccessTokenRequestCode',
    'authorization_code',
    { code: text, redirect_uri: text, continuous_refresh: { type: 'boolean' } },
    ['code', 'redirect_uri'],
  ],
  refresh: [
    'OauthAccessTokenRequestRefresh',
    'refresh_token',
    { refresh_token: text, scope: { type: 'string' }, continuous_refresh: { type: 'boolean' } },
    ['refresh_token'],
  ],
  client: [
    'OauthAccessTokenRequestClientCredentials',
    'client_credentials',
    { scope: { type: 'string' } },
    ['scope'],
  ],
};

/** Bare discriminators and overlapping enums, which leave bodies unchecked or refuse valid ones; dates without a zone. */
function repair(document: JsonObject, schemas: JsonObject): void {
  for (const name of ['OauthAccessTokenRequest', 'OauthAccessTokenResponse']) {
    const mapping = at(schemas, name, 'discriminator', 'mapping');
    const branches = [...new Set(Object.values(mapping))].map((target) => ({ $ref: target }));
    const isRequest = name === 'OauthAccessTokenRequest';
    if (isRequest) {
      schemas[name] = { ...at(schemas, name), oneOf: branches };
      delete at(schemas, name).properties;
      delete at(schemas, name).required;
    } else schemas[name] = { anyOf: branches };
  }
  for (const [name, grant, fields, required] of Object.values(tokenFields)) {
    const schema = at(schemas, name);
    schema.properties = {
      ...at(schema, 'properties'),
      grant_type: { type: 'string', enum: [grant] },
      ...fields,
    };
    schema.required = ['grant_type', ...required];
    schema.additionalProperties = false;
    delete schema.allOf;
  }
  visit(document, (schema) => {
    if (schema.format === 'date-time' && schema.type === 'string') {
      delete schema.format;
      schema.pattern = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:?\\d{2})?$';
    }
    const { items } = schema;
    if (isObject(items) && Array.isArray(items.oneOf) && JSON.stringify(items.oneOf).includes('IMPRESSION')) {
      items.anyOf = items.oneOf;
      delete items.oneOf;
    }
    delete schema['x-codeSamples'];
  });
}

function tighten(paths: JsonObject, schemas: JsonObject): void {
  for (const path of ['/boards', '/pins', '/media']) delete at(paths, path, 'post', 'responses')['200'];
  const closed = Object.keys(schemas).filter((name) =>
    /^(BoardCreate|BoardSection|BoardWithUpdatePrivacyUpdate|MediaUploadCreate|PinCreate|PinUpdate|PinMediaSource(Image|Video|Pin).*)$/.test(
      name,
    ),
  );
  for (const name of closed) at(schemas, name).additionalProperties = false;
  at(schemas, 'PinCreate').required = ['board_id', 'media_source'];
  const disclosures: JsonObject = {
    type: 'object',
    required: ['values'],
    additionalProperties: false,
    properties: {
      values: { type: 'array', items: { type: 'string', enum: ['AI_MODIFIED', 'SYNTHETIC_PERFORMER'] } },
    },
  };
  for (const name of ['PinCreate', 'PinUpdate']) at(schemas, name, 'properties').ai_disclosures = disclosures;
  at(schemas, 'PinMediaSourceVideoID').anyOf = [
    { required: ['cover_image_url'] },
    { required: ['cover_image_key_frame_time'] },
    { required: ['cover_image_content_type', 'cover_image_data'] },
  ];
  for (const [name, field] of [
    ['BoardCreate', 'name'],
    ['PinMediaSourceImageBase64', 'data'],
    ['PinMediaSourceImageURL', 'url'],
    ['PinMediaSourceImagesURLItem', 'url'],
  ] as const) {
    at(schemas, name, 'properties', field).minLength = 1;
  }
}

/** Leaves only the components that the paths need. */
function prune(paths: Json, components: JsonObject): void {
  const needed = new Set<string>();
  const collect = (value: Json): void =>
    visit(value, ({ $ref }) => {
      const [, kind, name] = /^#\/components\/(\w+)\/(.+)$/.exec(typeof $ref === 'string' ? $ref : '') ?? [];
      if (!kind || !name || needed.has(`${kind}/${name}`)) return;
      needed.add(`${kind}/${name}`);
      collect(at(components, kind, name));
    });
  collect(paths);
  for (const kind of Object.keys(components)) {
    if (kind === 'securitySchemes') continue;
    const entries = Object.entries(at(components, kind)).filter(([name]) => needed.has(`${kind}/${name}`));
    if (entries.length === 0) delete components[kind];
    else components[kind] = Object.fromEntries(entries);
  }
}

export function deriveContract(published: JsonObject): JsonObject {
  const document = structuredClone(published);
  const paths = Object.fromEntries(
    Object.entries(at(document, 'paths')).filter(([path]) => usedPath.test(path)),
  );
  document.paths = paths;
  const components = at(document, 'components');
  const schemas = at(components, 'schemas');
  repair(document, schemas);
  tighten(paths, schemas);
  prune(paths, components);
  return document;
}

const [source] = process.argv.slice(2);
if (import.meta.main) {
  if (!source) {
    console.error('Usage: node scripts/pinterest-contract.ts path/to/openapi.json');
    process.exitCode = 2;
  } else {
    const bytes = readFileSync(source);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== publishedSha256)
      console.error(`Not version 5.23.0 (SHA-256 ${sha256}); results may differ.`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, `${JSON.stringify(deriveContract(JSON.parse(bytes.toString())), null, 2)}\n`);
    console.log(`Wrote ${target}`);
  }
}
