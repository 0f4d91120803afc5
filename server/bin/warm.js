// Run once by pintail.js, before the first start: compiles the sources into the cache. The compiler retains 20 MB, so
// it runs in a process that ends.
import { enableCompileCache } from 'node:module';

enableCompileCache(process.argv[2]);
await Promise.all([
  import('../src/operator/commands/serve.command.ts'),
  import('../../simulator/src/index.ts'),
]);
// Last, because it ends the process.
process.argv.splice(2, 1, '--version');
await import('../src/main.ts');
