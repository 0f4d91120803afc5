// A process that uses the embedded PostgreSQL of a data directory (and the programs of a package), for tests that kill
// such processes. Prints the connection as one line of JSON; leaves when its input ends, and exits without leaving when
// it receives a line.
import { startEmbeddedPostgres } from '../src/supervisor.ts';
import { createLog } from './log.ts';

const [, , dataDir = '', packageFolder] = process.argv;
const log = createLog((line) => process.stderr.write(line));
const postgres = await startEmbeddedPostgres({ dataDir, log, ...(packageFolder && { packageFolder }) });
process.stdout.write(`${JSON.stringify({ url: postgres.url, adopted: postgres.adopted })}\n`);
process.stdin.on('data', () => process.exit(1));
process.stdin.once('end', () => postgres.stop());
