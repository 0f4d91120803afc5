// Makes `npm start` and `npm test` work on a fresh clone: installs the packages of the lockfile, and checks that Node is
// new enough. Plain JavaScript without dependencies, because it runs before any are installed, and on the system's Node,
// which may be as old as 18.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const majorMin = 24;
const lockFolder = join(root, '.pintail');
const lockFile = join(lockFolder, 'prepare.lock');

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

function readJson(/** @type {string} */ path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Whether the packages that npm has listed as installed are those of the lockfile. Compares contents, because file times
 * are meaningless after a checkout. npm writes its list last, so that an interrupted installation has none.
 */
function isInstalled() {
  const required = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!installed) return false;
  // A server may have been installed with --omit=dev; every other script needs the development packages.
  const runsServer = ['prestart', 'prepintail'].includes(process.env.npm_lifecycle_event ?? '');
  return Object.entries(required).every(([path, { version, integrity, optional, dev, devOptional }]) => {
    if (!path.startsWith('node_modules/')) return true;
    const copy = installed[path];
    if (!copy) return optional || ((dev || devOptional) && runsServer);
    return copy.version === version && copy.integrity === integrity;
  });
}

function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Waits for the lock: two concurrent installations would delete each other's files. */
async function acquireLock() {
  for (let isFirst = true; ; isFirst = false) {
    try {
      mkdirSync(lockFolder, { recursive: true, mode: 0o700 });
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      // ENOENT: the previous holder has removed the folder between the two calls.
      if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    }
    const holder = Number(readJson(lockFile));
    if (holder && !isAlive(holder)) removeStaleLock(holder);
    else if (isFirst) say('Waiting for another npm ci in this folder.');
    await pause(100);
  }
}

/** Renames the lock first: only one of several processes succeeds, and none removes a new lock. */
function removeStaleLock(/** @type {number} */ holder) {
  const renamed = `${lockFile}-${process.pid}`;
  try {
    renameSync(lockFile, renamed);
    if (Number(readJson(renamed)) !== holder) renameSync(renamed, lockFile);
    else unlinkSync(renamed);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function releaseLock() {
  unlinkSync(lockFile);
  try {
    rmdirSync(lockFolder); // Fails when it is used as the data directory.
  } catch {}
}

function install() {
  say('Installing the packages of package-lock.json (npm ci); this takes about a minute.');
  // npm's own Node: the current one may be the copy in node_modules, which npm ci deletes.
  const node = process.env.npm_node_execpath ?? process.execPath;
  const npm = process.env.npm_execpath;
  const [program, args] = npm ? [node, [npm, 'ci']] : ['npm', ['ci']];
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return true;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  say(
    `npm ci failed${error ? ` (${error.message})` : ''}; its output is above. Fix the problem, then retry.`,
  );
  return false;
}

/** Whether the Node in the path of npm scripts is new enough: packages first, then the system. */
function isNodeNewEnough() {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const { stdout } = spawnSync('node', ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  const version = (stdout ?? '').trim();
  if (Number(version.slice(1).split('.')[0]) >= majorMin) return true;
  say(
    `Pintail needs Node ${majorMin} or newer; ${version ? `this is ${version}` : 'none was found'}. ` +
      'The copy in node_modules is missing, because npm is configured not to run install scripts or to omit development ' +
      'packages. Run `npm ci --ignore-scripts=false --include=dev`, or install Node ' +
      `${majorMin} from https://nodejs.org, then retry.`,
  );
  return false;
}

async function prepare() {
  if (!isInstalled()) {
    await acquireLock();
    try {
      // Another process may have installed them meanwhile.
      if (!isInstalled() && !install()) return false;
    } finally {
      releaseLock();
    }
  }
  return isNodeNewEnough();
}

process.exitCode = (await prepare()) ? 0 : 1;
