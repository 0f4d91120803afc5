import { once } from 'node:events';
import { type Config, readConfig } from '../../config.ts';
import { type Cancel, keepAlive, systemClock } from '../../platform/clock.ts';
import { createLog, type Log } from '../../platform/log.ts';
import { version } from '../../platform/version.ts';
import { type Served, serve } from '../serve.ts';
import { onStopSignal } from '../stop-signals.ts';

/** How long a start that is given up may take to end what it has begun. */
const startGraceMs = 20_000;

export async function serveCommand(role?: 'worker'): Promise<void> {
  const parsed = readConfig();
  const config = role ? { ...parsed, role } : parsed;
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  onStopSignal({
    clock: systemClock,
    stop(signal) {
      log.info({ signal }, 'stopping');
      stopping.abort();
    },
    // Work under way is dropped. The embedded database is ended all the same: see its supervisor.
    force: () => process.exit(1),
  });
  // A listening socket keeps the process alive; a worker alone has none.
  const letGo = keepAlive();
  try {
    const served = await start(config, log, stopping.signal);
    if (served) {
      log.info({ version, role: config.role, url: served.url }, 'ready');
      if (served.url) console.log(welcome(served.url, served));
      await whenAborted(stopping.signal);
      await served.stop();
    }
    log.info('stopped');
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    log.error({ err: error }, 'could not stop in order');
    process.exitCode = 1;
  } finally {
    letGo();
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Undefined when it was given up. */
async function start(config: Config, log: Log, signal: AbortSignal): Promise<Served | undefined> {
  let cancel: Cancel = () => {};
  const limit = () => {
    cancel = systemClock.after(startGraceMs, () => {
      log.warn('the start cannot be given up in order');
      process.exit(1);
    });
  };
  signal.addEventListener('abort', limit);
  try {
    return await serve(config, log, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // The signal's own reason, or what a program of ours says that the same Ctrl+C has ended.
    log.debug({ err: error }, 'the start was given up');
    return undefined;
  } finally {
    signal.removeEventListener('abort', limit);
    cancel();
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
