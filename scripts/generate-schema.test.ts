import { expect, test } from 'vitest';
import { type Catalog, renderSql, renderTypes } from './generate-schema.ts';

const column = (name: string, type: string, more: Partial<Catalog['columns'][number]> = {}) => ({
  table: 'some_things',
  name,
  type,
  isNullable: false,
  default: null,
  generated: '',
  ...more,
});

const catalog: Catalog = {
  columns: [
    column('id', 'bigint', { generated: 'a' }),
    column('name', 'text', { isNullable: true }),
    column('tags', 'text[]'),
    column('count', 'integer', { default: '0' }),
    column('at', 'timestamp with time zone'),
    column('data', 'jsonb', { default: "'{}'::jsonb" }),
    column('upper_name', 'text', { generated: 's', default: 'upper(name)', isNullable: true }),
  ],
  constraints: [{ table: 'some_things', name: 'some_things_pkey', definition: 'PRIMARY KEY (id)' }],
  statements: ['CREATE INDEX i ON public.some_things USING btree (name)'],
};

test('types declare what can be read and written: null, defaults, generated columns, JSON', () => {
  expect(renderTypes(catalog)).toContain(`export interface SomeThingsTable {
  id: GeneratedAlways<number>;
  name: string | null;
  tags: string[];
  count: Generated<number>;
  at: Date;
  data: ColumnType<unknown, Json | undefined, Json>;
  upper_name: GeneratedAlways<string | null>;
}

export interface Schema {
  some_things: SomeThingsTable;
}
`);
});

test('a column whose values a constraint lists has their union as its type', () => {
  const columns = [
    column('state', 'text', { default: "'open'::text" }),
    column('reason', 'text', { isNullable: true }),
    column('label', 'text'),
    column('sizes', 'text[]'),
  ];
  const check = (definition: string, table = 'some_things') => ({ table, name: 'c', definition });
  const constraints = [
    check("CHECK ((state = ANY (ARRAY['open'::text, 'in_use'::text])))"),
    check("CHECK ((reason = ANY (ARRAY['by_hand'::text])))"),
    check("CHECK ((label = ANY (ARRAY['of another table'::text])))", 'other_things'),
    check("CHECK (((state = 'open'::text) OR (label IS NOT NULL)))"),
    check("CHECK (((label = ANY (ARRAY['a'::text, 'b'::text])) OR (reason IS NULL)))"),
  ];
  expect(renderTypes({ columns, constraints, statements: [] })).toContain(`export interface SomeThingsTable {
  state: Generated<'open' | 'in_use'>;
  reason: 'by_hand' | null;
  label: string;
  sizes: string[];
}`);
});

test('a column type without a TypeScript type is an error that names the column', () => {
  const columns = [column('where', 'point')];
  expect(() => renderTypes({ ...catalog, columns })).toThrow(/some_things\.where is of type point/);
});

test('the dump can be read as SQL', () => {
  expect(renderSql(catalog)).toContain(`create table some_things (
  id bigint not null generated always as identity,
  name text,
  tags text[] not null,
  count integer not null default 0,
  at timestamp with time zone not null,
  data jsonb not null default '{}'::jsonb,
  upper_name text generated always as (upper(name)) stored,
  constraint some_things_pkey PRIMARY KEY (id)
);

CREATE INDEX i ON public.some_things USING btree (name);
`);
});
