// House rules that no linter checks: which files use the clock, the environment and SQL, which words the platform
// contains, where states of posts are named, which constructions sentences must not have (english.ts), which room writes
// which table (table-writers.ts), and how many files a folder contains.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, matchesGlob } from 'node:path';
import { actorTypes } from '../server/src/domain/actor-types.ts';
import { eventTypes } from '../server/src/domain/event-types.ts';
import { idPrefixes, numberedIdPrefixes } from '../server/src/domain/ids.ts';
import { scopes } from '../server/src/domain/scopes.ts';
import { englishBreaches } from './english.ts';
import { sharedTables, tablesOf, writesIn } from './table-writers.ts';

interface Rule {
  what: string;
  files: string;
  except: RegExp;
  pattern: RegExp;
}

const productWords = [...eventTypes, ...scopes].map(RegExp.escape).join('|');
// The platform has the actor `system`, for changes that no request caused.
const actors = actorTypes.filter((type) => type !== 'system').join('|');
const prefixes = [...idPrefixes, ...numberedIdPrefixes].join('|');

const idFunctions = 'newPrefixedId|isPrefixedId|numberedIdsOf';

const rules: Rule[] = [
  {
    what: 'Only clock.ts asks the machine for the time or sets a timer; take a Clock.',
    files: '{embedded-postgres,server,simulator}/src/**/*.ts',
    // Network delays of the simulator take real time, not the time of its adjustable clock.
    except: /\/clock\.ts$|\.(test|fixture)\.ts$|^\/simulator\/src\/(index|ground\/pause)\.ts$/,
    pattern: /\b(setTimeout|setInterval|setImmediate)\(|\bnew Date\(\)|\bDate\.now\(\)|timers\/promises/,
  },
  {
    what: 'Tests do not sleep; move the test clock, or wait for what happens.',
    files: '{embedded-postgres,server,simulator,scripts}/**/*.test.ts',
    // Contains the text of a slow program that replaces npm.
    except: /\/prepare\.test\.ts$/,
    pattern: /\b(setTimeout|setInterval)\(|\b(sleep|delay)\(|timers\/promises/,
  },
  {
    what: 'Only config.ts reads the environment.',
    files: 'server/src/**/*.ts',
    except: /\/config\.ts$|\.(test|fixture)\.ts$/,
    pattern: /\bprocess\.env\b/,
  },
  {
    what: 'A pronoun is not a name; name the value.',
    files: '{bench/src,embedded-postgres/src,scripts,server/src,simulator/src}/**/*.ts',
    except: /\.(test|fixture|suite)\.ts$/,
    pattern:
      /\b(const|let) (one|other|some|given|found|made)\b|\((one|other|some|given|found|made)(, \w+)?\) =>/,
  },
  {
    what: 'SQL lives in *.queries.ts.',
    files: 'server/src/**/*.ts',
    except: /\.queries\.ts$|\/platform\/db\/|\.(test|fixture)\.ts$/,
    pattern: /\bsql(<[^>]*>)?`|\.(selectFrom|insertInto|updateTable|deleteFrom)\(/,
  },
  {
    what: 'Import sql from platform/db/index.ts.',
    files: 'server/src/**/*.ts',
    except: /\/platform\/db\//,
    pattern: /^(import|export) (?!type\b)\{[^}]*\bsql\b[^}]*\} from 'kysely'/,
  },
  {
    what: 'Only domain/post-states*.ts, the lifecycle and the list of posts name states of posts; ask a question of domain/.',
    files: 'server/src/{domain,features,operator,status}/**/*.ts',
    except:
      /\/domain\/post-states(\.queries)?\.ts$|\/posts\/record\/lifecycle\.ts$|\/posts\/read\/(list-posts\.queries|posts\.schema)\.ts$|\.(test|fixture)\.ts$/,
    // Deliveries fail and videos are uploaded too: these words alone are not the name of a post's state.
    pattern: /'(draft|queued|held)'|\b(state|status)\b(', '\W+',)?[^'\n]{0,12}'(publishing|unknown|sent)'/,
  },
  {
    what: 'The platform names no event, actor, scope or id of the product; pass it in from domain/.',
    files: 'server/src/platform/**/*.ts',
    except: /\.(test|fixture|suite|gen)\.ts$/,
    pattern: new RegExp(
      `(['"\`])(${productWords})\\1|\\btype: ['"\`](${actors})['"\`]|['"\`](${prefixes})_|\\b(${idFunctions})\\(\\s*['"\`](${prefixes})['"\`]`,
    ),
  },
];

/** Returns every violation in a file with this text, as `file:line: rule`. */
export function breachesOf(file: string, text: string): string[] {
  return rules
    .filter((rule) => matchesGlob(file, rule.files) && !rule.except.test(`/${file}`))
    .flatMap((rule) =>
      text
        .split('\n')
        .flatMap((line, index) => (rule.pattern.test(line) ? [`${file}:${index + 1}: ${rule.what}`] : [])),
    );
}

function breaches(): string[] {
  const files = new Set(rules.flatMap((rule) => globSync(rule.files, { exclude: ['**/node_modules/**'] })));
  return [...files].flatMap((file) => breachesOf(file, readFileSync(file, 'utf8')));
}

const citing = '{server,simulator,bench,scripts,embedded-postgres}/**/*.{ts,js,sql}';

/** Returns the anchor of a heading on the forge. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** Returns comments that cite a document or a section that does not exist. */
function deadCitations(): string[] {
  return globSync(citing, { exclude: ['**/node_modules/**'] }).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        [...line.matchAll(/\b(docs\/[\w/-]+\.md)#([\w-]+)/g)].flatMap(
          ([citation, page = '', anchor = '']) => {
            const headings = existsSync(page) ? readFileSync(page, 'utf8').match(/(?<=^#+ ).+$/gm) : null;
            const exists = headings?.some((heading) => anchorOf(heading) === anchor);
            return exists ? [] : [`${file}:${index + 1}: ${citation} does not exist.`];
          },
        ),
      ),
  );
}

/** Returns the tables that more than one room writes. Tests are exempt. */
function tablesWrittenByTwo(): string[] {
  const tables = tablesOf(readFileSync('docs/schema.sql', 'utf8'));
  const files = globSync('server/src/**/*.ts').filter((file) => !/[.](test|fixture)[.]ts$/.test(file));
  return sharedTables(files.flatMap((file) => writesIn(file, readFileSync(file, 'utf8'), tables)));
}

const filesPerFolder = 25;

/** Returns the folders with more files, tests included, than a listing can present well. */
export function crowdedFolders(files: string[]): string[] {
  const counts = Object.entries(Object.groupBy(files, (file) => dirname(file)));
  return counts
    .filter(([, inside = []]) => inside.length > filesPerFolder)
    .map(([folder, inside = []]) => `${folder}: ${inside.length} files; at most ${filesPerFolder}.`);
}

const sources = '{server,simulator,bench,scripts,embedded-postgres,docs}/**/*.*';

if (import.meta.main) {
  const lines = [
    ...crowdedFolders(globSync(sources, { exclude: ['**/node_modules/**'] })),
    ...breaches(),
    ...deadCitations(),
    ...englishBreaches(),
    ...tablesWrittenByTwo(),
  ];
  for (const line of lines) console.error(line);
  if (lines.length > 0) process.exitCode = 1;
}
