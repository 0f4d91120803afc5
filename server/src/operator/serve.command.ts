import { readConfig } from '../config.ts';
import { keepAlive } from '../platform/clock.ts';
import { createLog, type Log } from '../platform/log.ts';
import { version } from '../platform/version.ts';
import { type Served, serve } from './serve.ts';

export async function serveCommand(role?: 'worker'): Promise<void> {
  const parsed = readConfig();
  const config = role ? { ...parsed, role } : parsed;
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  const served = await serve(config, log);
  log.info({ version, role: config.role, url: served.url }, 'ready');
  if (served.url) console.log(welcome(served.url, served));
  stopOnSignal(served, log);
}

/** A first signal stops in order; a second one at once. */
function stopOnSignal(served: Served, log: Log): void {
  let isStopping = false;
  // A listening socket keeps the process alive; a worker alone has none.
  const letGo = keepAlive();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      log.info({ signal }, 'stopping');
      served
        .stop()
        .then(() => log.info('stopped'))
        .catch((error: unknown) => {
          log.error({ err: error }, 'could not stop in order');
          process.exitCode = 1;
        })
        .finally(() => letGo());
    });
  }
}

function welcome(url: string, { firstRun, simulatorUrl }: Served): string {
  const lines = ['', `Pintail ${version} is ready.`, '', `  API        ${url}   (reference: ${url}/docs)`];
  if (simulatorUrl) lines.push(`  Simulator  ${simulatorUrl}   (a pretend Pinterest: its boards and Pins)`);
  if (!firstRun?.key) return [...lines, ''].join('\n');
  lines.push(`  API key    ${firstRun.key}`);
  if (!simulatorUrl) lines.push('             Keep it: it is not shown again.');
  if (simulatorUrl && firstRun.accountId) {
    lines.push(
      '',
      'Try it: a draft from a sample picture.',
      '',
      curl(url, simulatorUrl, firstRun.key, firstRun.accountId),
    );
    lines.push('', `Or see a Pin go out: npm run pintail -- demo`);
  }
  return [...lines, ''].join('\n');
}

function curl(url: string, simulatorUrl: string, key: string, accountId: string): string {
  const body = JSON.stringify({ mediaUrl: `${simulatorUrl}/samples/recipe.jpg`, title: 'Tomato salad' });
  return [
    `curl ${url}/v1/accounts/${accountId}/posts \\`,
    `  -H 'Authorization: Bearer ${key}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n');
}
