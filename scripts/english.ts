// Counts constructions that docs/contributing/writing.md forbids, in sources and documents. The counts can fall but not
// rise: scripts/english.json contains the allowed ones. `--write` stores lower counts, `--list NAME` prints occurrences.
import { globSync, readFileSync, writeFileSync } from 'node:fs';

export interface Construction {
  name: string;
  pattern: RegExp;
  instead: string;
}

export const constructions: Construction[] = [
  {
    name: 'is no',
    pattern: /(?<!\bthere )\b(is|are|was|were|be) (no (?!longer\b|more than\b|less than\b|one\b)|none\b)/gi,
    instead: '"is not a …", "invalid …"',
  },
  {
    name: 'headless what',
    pattern: /(\/\*\*\s+(\*\s+)?|(?<!\/\/.*\n\s*)\/\/ )(What|Who|Whom|Whose|Which)\b/g,
    instead: 'a noun or a verb: "Returns …", "The posts that …"',
  },
  { name: 'for who', pattern: /\b(for|to|by|with|from) who\b/gi, instead: '"for callers that …"' },
  { name: 'so many', pattern: /\bso[ -]man(y|ieth)\b/gi, instead: '"the number of …", "N …"' },
  { name: 'anew', pattern: /\banew\b/gi, instead: '"again"' },
  {
    name: 'whoever',
    pattern: /\b(whoever|whosoever|whomever)\b/gi,
    instead: '"the worker that …", "anyone who …"',
  },
  { name: 'mend', pattern: /\bmend(s|ed|ing)?\b/gi, instead: '"fix", "heal", "recover"' },
  { name: 'beforehand', pattern: /\bbeforehand\b/gi, instead: '"first", "before …"' },
  {
    name: 'knows nothing',
    pattern: /\bknow(s|n)? (not|nothing of|none of)\b/gi,
    instead: '"independent of …", "does not know"',
  },
  {
    name: 'is told',
    pattern: /\b(is|are|was|were|be) told\b/gi,
    instead: '"is notified", "is reported", "says"',
  },
  { name: 'by itself', pattern: /\bby (itself|themselves)\b/gi, instead: '"automatically"' },
  {
    name: 'lies in',
    pattern: /\b(lies?|lay|lying) (in|on|at|beside|under|deeper|within|behind|between)\b/gi,
    instead: '"is in", "is stored in"',
  },
  {
    name: 'missing subject',
    pattern: /['"`](Is|Are|Has|Was) (no|not|none|neither)\b/g,
    instead: '"The cursor is …", "Invalid …"',
  },
  { name: 'no such', pattern: /\bis no such\b/gi, instead: '"not found", "does not exist"' },
  {
    name: 'is the most',
    pattern: /\b(is|are) the most\b(?! \w+ed\b)/gi,
    instead: '"at most …", "Limit reached: …"',
  },
  { name: 'to be had', pattern: /\b(to|can|cannot|could) be had\b/gi, instead: '"available"' },
  {
    name: 'becomes of',
    pattern: /\b(becomes?|became|come|comes|came) of\b/gi,
    instead: '"the result of", "happens to"',
  },
  { name: 'come round', pattern: /\b(come|comes|came) round\b/gi, instead: '"recur", "occur again"' },
  { name: 'pretend', pattern: /\bpretend(s|ed)?\b/gi, instead: '"simulated", "the simulator"' },
  { name: 'by chance', pattern: /\bby chance\b/gi, instead: '"randomized", "random"' },
  {
    name: 'archaism',
    pattern:
      /\b(whence|whither|thither|thence|hitherto|henceforth|thereof|therein|whereupon|thereupon|afresh)\b/gi,
    instead: 'the plain modern word',
  },
];

const sources = [
  '*.md',
  'docs/**/*.md',
  '{server,simulator,bench,scripts,embedded-postgres}/**/*.{ts,js,md,sql}',
  'deploy/*',
];

/** Files that quote bad sentences, and files that are generated from sources. */
const exempt =
  /node_modules\/|\.gen\.|^docs\/contributing\/writing\.md$|^docs\/(errors|settings|lifecycle)\.md$|^scripts\/english(\.test)?\.ts$/;

const allowedFile = new URL('./english.json', import.meta.url);

export interface Occurrence {
  construction: string;
  line: number;
  text: string;
}

/** Returns every occurrence in a text. */
export function findConstructions(text: string): Occurrence[] {
  return constructions.flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)].map((match) => {
      const line = text.slice(0, match.index).split('\n').length;
      return { construction: name, line, text: (text.split('\n')[line - 1] ?? '').trim() };
    }),
  );
}

/** Returns a sentence for each construction that occurs more often than allowed. */
export function risen(counts: Record<string, number>, allowed: Record<string, number>): string[] {
  return constructions.flatMap(({ name, instead }) => {
    const count = counts[name] ?? 0;
    const max = allowed[name] ?? 0;
    if (count <= max) return [];
    return [
      `English: "${name}" occurs ${count} times; ${max} are allowed. Write ${instead}. ` +
        `Where: node scripts/english.ts --list '${name}' (docs/contributing/writing.md)`,
    ];
  });
}

function findInTree(): (Occurrence & { file: string })[] {
  return globSync(sources, { exclude: ['**/node_modules/**'] })
    .filter((file) => !exempt.test(file))
    .sort()
    .flatMap((file) =>
      findConstructions(readFileSync(file, 'utf8')).map((construction) => ({ ...construction, file })),
    );
}

function countByName(occurrences: Occurrence[]): Record<string, number> {
  return Object.fromEntries(
    constructions.map(({ name }) => [
      name,
      occurrences.filter((occurrence) => occurrence.construction === name).length,
    ]),
  );
}

/** Returns a sentence for each construction that occurs in the tree more often than scripts/english.json allows. */
export function englishBreaches(): string[] {
  return risen(countByName(findInTree()), JSON.parse(readFileSync(allowedFile, 'utf8')));
}

if (import.meta.main) {
  const [option, name] = process.argv.slice(2);
  if (option === '--list') {
    for (const { construction, file, line, text } of findInTree()) {
      if (!name || construction === name) console.log(`${file}:${line}: ${text}`);
    }
  } else if (option === '--write') {
    const allowed: Record<string, number> = JSON.parse(readFileSync(allowedFile, 'utf8'));
    const lower = Object.entries(countByName(findInTree())).map(([key, count]) => [
      key,
      Math.min(count, allowed[key] ?? count),
    ]);
    writeFileSync(allowedFile, `${JSON.stringify(Object.fromEntries(lower), null, 2)}\n`);
  } else {
    const problems = englishBreaches();
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
  }
}
