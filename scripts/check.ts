// All steps of CI. `--except tests` omits a step; the name of a step runs only that step.
import { spawnSync } from 'node:child_process';
import { systemClock } from '../server/src/platform/clock.ts';

const steps: [name: string, command: string, args: string[]][] = [
  ['format and lint', 'biome', ['ci', '.']],
  ['house rules', 'node', ['scripts/house-rules.ts']],
  ['types', 'tsc', ['-p', '.']],
  ['boundaries', 'depcruise', ['embedded-postgres', 'server', 'simulator', 'bench', 'scripts']],
  ['unused', 'knip', []],
  ['generated files', 'node', ['scripts/generate.ts', '--check']],
  ['tests', 'vitest', ['run']],
];

const [first, second] = process.argv.slice(2);
const selected = steps.filter(([name]) =>
  first === '--except' ? name !== second : !first || name === first,
);
if (selected.length === 0) {
  console.error(`Unknown step. Use one of: ${steps.map(([name]) => name).join(', ')}.`);
  process.exit(1);
}
const failed: string[] = [];
for (const [name, command, args] of selected) {
  const began = systemClock.now().getTime();
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((systemClock.now().getTime() - began) / 1000).toFixed(1);
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
