#!/usr/bin/env node
// Starts the command line. Plain JavaScript, so that an old Node can say that it is too old, and so that what
// Node makes of the TypeScript sources can be kept from here on.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(`Pintail needs Node 24 or newer; this is Node ${process.versions.node}. Run it with npm: npm run pintail -- --help`);
  process.exit(1);
}

// Later starts take half as long and 40 MB less. Beside the packages and not in the shared temporary folder,
// where others could plant code; where it cannot be written there is none.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/pintail', import.meta.url)));

await import('../src/main.ts');
