#!/usr/bin/env node
// Starts the command line. Plain JavaScript, so that an old Node can say that it is too old, and so that what
// Node makes of the TypeScript sources can be kept from here on.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
// The namespace, since an old Node refuses the whole file for a name that it lacks.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { memoryArguments, memoryEnvironment } from './memory-settings.js';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Pintail needs Node 24 or newer; this is Node ${process.versions.node}. Through npm it finds the right one: npm run pintail -- --help`,
  );
  process.exit(1);
}

// This process becomes the same program with the settings for memory: same process id, 50 ms.
if (process.platform === 'linux' && process.env.MALLOC_ARENA_MAX === undefined) {
  const args = [
    process.execPath,
    ...memoryArguments,
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    ...process.argv.slice(2),
  ];
  process.execve(process.execPath, args, { ...process.env, ...memoryEnvironment });
}

const { handleStopSignals } = await import('../src/operator/stop-signals.ts');
handleStopSignals();

// Later starts take half as long and 20 MB less. Beside the packages and not in the shared temporary folder,
// where others could plant code; where it cannot be written there is none.
const cache = fileURLToPath(new URL('../../node_modules/.cache/pintail', import.meta.url));
const isFirst = !existsSync(cache);
const { status } = nodeModule.enableCompileCache(cache);
if (isFirst && status === nodeModule.constants.compileCacheStatus.ENABLED && process.argv[2] === 'serve') {
  spawnSync(process.execPath, [fileURLToPath(new URL('warm.js', import.meta.url)), cache], {
    stdio: 'ignore',
  });
}

await import('../src/main.ts');
