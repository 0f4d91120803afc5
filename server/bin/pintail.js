#!/usr/bin/env node
// Starts the command line. Plain JavaScript, so that an old Node can print which version it needs, and so that
// the compile cache is enabled before the TypeScript sources load.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
// The namespace, because an old Node refuses the whole file for a missing named export.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { memoryArguments, memoryEnvironment } from './memory-settings.js';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Pintail needs Node 24 or newer; this is Node ${process.versions.node}. npm finds the right one: npm run pintail -- --help`,
  );
  process.exit(1);
}

// Replaces this process by the same program with memory settings: same process id, 50 ms.
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

const { handleStopSignals } = await import('../src/platform/stop-signals.ts');
handleStopSignals();

// Later starts take half the time and 20 MB less. The cache is beside the packages, not in the shared temporary folder,
// where others could plant code. Where it cannot be written, there is no cache.
const cache = fileURLToPath(new URL('../../node_modules/.cache/pintail', import.meta.url));
const isFirst = !existsSync(cache);
const { status } = nodeModule.enableCompileCache(cache);
if (isFirst && status === nodeModule.constants.compileCacheStatus.ENABLED && process.argv[2] === 'serve') {
  spawnSync(process.execPath, [fileURLToPath(new URL('warm.js', import.meta.url)), cache], {
    stdio: 'ignore',
  });
}

await import('../src/main.ts');
