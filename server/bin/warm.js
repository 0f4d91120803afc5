// Run once, by pintail.js before the very first start: translates and compiles the sources into the cache that
// it is given. What does that work keeps 20 MB for good, so it is better done in a process that ends.
import { enableCompileCache } from 'node:module';

enableCompileCache(process.argv[2]);
await Promise.all([
  import('../src/operator/commands/serve.command.ts'),
  import('../../simulator/src/index.ts'),
]);
// Last, for it ends the process.
process.argv.splice(2, 1, '--version');
await import('../src/main.ts');
