// npm run bench: measures Pintail beside minimal alternatives, and prints a table.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeDocs } from './docs.ts';
import { openLab } from './lab.ts';
import type { Form } from './row.ts';
import { rows } from './rows/index.ts';
import { type Done, toJson, toText } from './table.ts';

const usage = `Usage: npm run bench -- [--full] [--only ROW,ROW] [--json FILE] [--write-docs]
                              [--profile FOLDER]

  --full        the long form: larger, up to 20 minutes (the short form takes up to 3)
  --only        measures only these rows: ${rows.map((row) => row.name).join(', ')}
  --json        also writes all figures to a file
  --write-docs  writes the table to docs/performance.md
  --profile     writes a CPU profile of each server to a folder, for Chrome DevTools; affects the figures`;

interface Options {
  form: Form;
  only: string[];
  json: string | undefined;
  writesDocs: boolean;
  profile: string | undefined;
}

function readArguments(): Options {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`Unknown row: ${unknown.join(', ')}.`);
  const { json, profile, 'write-docs': writesDocs } = values;
  return { form: values.full ? 'full' : 'quick', only, json, writesDocs, profile };
}

function describeRun(form: Form) {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const processors = cpus();
  return {
    form,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`,
    machine: `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.version,
  };
}

async function main({ form, only, json, writesDocs, profile }: Options): Promise<void> {
  const about = describeRun(form);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  console.error(`${about.machine}; Node ${about.node}; ${about.commit}; the ${form} form`);
  const done: Done[] = [];
  const lab = await openLab({
    say: (line) => console.error(`  ${line}`),
    profileFolder: profile === undefined ? null : resolve(profile),
  });
  try {
    for (const row of rows.filter(({ name }) => only.length === 0 || only.includes(name))) {
      console.error(`${row.name}: ${row.what}`);
      const began = performance.now();
      try {
        done.push({ row, ...(await row.run(lab, form)) });
      } catch (error) {
        console.error(error);
        done.push({ row, failed: error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown' });
        process.exitCode = 1;
      }
      console.error(`  ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
  } finally {
    await lab.close();
  }
  console.log(`\n${toText(done)}`);
  if (json !== undefined) writeFileSync(json, toJson(done, about));
  if (writesDocs) writeDocs(done, about);
}

let options: Options | undefined;
try {
  options = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 2;
}
if (options) await main(options);
