// npm run dev: the server with `node --watch`, which restarts it when a source file changes. Ctrl+C stops it in order.
import { spawn } from 'node:child_process';
import { memoryArguments, memoryEnvironment } from '../server/bin/memory-settings.js';
import { systemClock } from '../server/src/platform/clock.ts';
import { deadHost } from './seed-content.ts';

// With these memory settings in place, pintail.js does not replace its process image, which would close its channel to
// the watcher.
const watcher = spawn(
  process.execPath,
  [
    ...memoryArguments,
    '--watch',
    '--watch-preserve-output',
    'server/bin/pintail.js',
    'serve',
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    env: { WEBHOOK_ALLOWED_PRIVATE_HOSTS: deadHost, ...process.env, ...memoryEnvironment },
    detached: true,
  },
);

// One Ctrl+C arrives twice, from the terminal and from npm, and a second signal makes the server exit without stopping
// in order. So the watcher runs in a process group of its own and receives one signal for each key press.
const sameKeyPressMs = 300;
let forwardedAt = Number.NEGATIVE_INFINITY;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const now = systemClock.now().getTime();
    if (now - forwardedAt < sameKeyPressMs) return;
    forwardedAt = now;
    watcher.kill(signal);
  });
}
watcher.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
