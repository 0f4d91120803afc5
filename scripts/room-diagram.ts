// The diagram of imports among rooms in docs/architecture.md, derived from the sources.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Returns the room of a file of the server; undefined for tests, which are not drawn. */
function roomOf(file: string): string | undefined {
  if (/\.(test|fixture|suite)\.ts$/.test(file)) return undefined;
  const [, feature] = /^server\/src\/features\/([^/]+)\//.exec(file) ?? [];
  if (feature) return feature;
  const [, room] = /^server\/src\/(domain|operator|pinterest|platform|status)\//.exec(file) ?? [];
  if (room) return room;
  return file === 'server/src/main.ts' ? 'operator' : 'app';
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const named = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)];
  return named.map(([, path]) => join(dirname(file), path ?? ''));
}

function edges(): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of globSync('server/src/**/*.ts').sort()) {
    const from = roomOf(file);
    if (!from) continue;
    const targets = imports.get(from) ?? new Set();
    imports.set(from, targets);
    for (const path of importsOf(file)) {
      const to = path.startsWith('server/src/') ? roomOf(path) : undefined;
      if (to && to !== from) targets.add(to);
    }
  }
  return imports;
}

/** Whether another path than the direct one exists. */
function isImplied(from: string, to: string, all: Map<string, Set<string>>): boolean {
  const reach = (room: string, seen: Set<string>): boolean =>
    [...(all.get(room) ?? [])].some((next) => {
      if (next === to) return room !== from;
      if (seen.has(next)) return false;
      seen.add(next);
      return reach(next, seen);
    });
  return reach(from, new Set([from]));
}

/** Every room uses these, so their arrows are omitted. */
const usedByAll = ['domain', 'platform'];

/** Returns the diagram, without implied arrows and without the rooms that all use. */
export function roomDiagram(): string {
  const all = edges();
  for (const room of usedByAll) {
    all.delete(room);
    for (const targets of all.values()) targets.delete(room);
  }
  const arrows = [...all].flatMap(([from, targets]) =>
    [...targets].filter((to) => !isImplied(from, to, all)).map((to) => `  ${from} --> ${to}`),
  );
  return ['```mermaid', 'flowchart TD', ...arrows.sort(), '```'].join('\n');
}
