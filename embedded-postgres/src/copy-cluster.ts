// Copies a running embedded database, consistent as of one moment: PostgreSQL's procedure for an online backup
// (pg_backup_start, copy, pg_backup_stop, and the write-ahead log since).
import { copyFile, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { superuser } from './cluster.ts';
import { hasCode } from './failures.ts';

export interface CopyCluster {
  /** The URL that `startEmbeddedPostgres` returned. */
  url: string;
  cluster: string;
  /** Must not exist. */
  to: string;
}

/** Folders whose contents belong only to the running server. The folders themselves must exist. */
const emptied = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
]);
const excluded = /^(postmaster\.pid|postmaster\.opts|pg_internal\.init.*|pgsql_tmp.*)$/;

/** Copies the cluster; the copy is on the disk when this resolves. */
export async function copyCluster({ url, cluster, to }: CopyCluster): Promise<void> {
  // Both roles have the same password; only the superuser can start a backup.
  const asSuperuser = Object.assign(new URL(url), { username: superuser, pathname: '/postgres' }).href;
  const client = new pg.Client({ connectionString: asSuperuser });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // Prevents recycling of the write-ahead log during the copy. Dropped automatically with this connection.
    await client.query(
      "select pg_create_physical_replication_slot('pintail_backup_' || pg_backend_pid(), true, true)",
    );
    await client.query("select pg_backup_start('pintail', true)");
    await copyFolder(cluster, to, '');
    const { rows } = await client.query<{ label: string; first: string; last: string }>(
      `select labelfile as label, substring(labelfile from 'file ([0-9A-F]{24})') as first,
        pg_walfile_name(lsn) as last
       from pg_backup_stop(false)`,
    );
    const [stop] = rows;
    if (!stop) throw new Error('PostgreSQL did not stop the backup.');
    await writeSynced(join(to, 'backup_label'), stop.label);
    for (const name of (await readdir(join(cluster, 'pg_wal'))).sort()) {
      if (!/^[0-9A-F]{24}$/.test(name) || name < stop.first || name > stop.last) continue;
      await copySynced(join(cluster, 'pg_wal', name), join(to, 'pg_wal', name));
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function copyFolder(from: string, to: string, inside: string): Promise<void> {
  await mkdir(join(to, inside), { recursive: true, mode: 0o700 });
  for (const entry of await readdir(join(from, inside), { withFileTypes: true })) {
    if (excluded.test(entry.name)) continue;
    const path = join(inside, entry.name);
    if (!entry.isDirectory()) {
      // Emptied folders exist only at the top level; a table may be dropped during the copy.
      if (!emptied.has(inside)) await unlessGone(copySynced(join(from, path), join(to, path)));
    } else if (emptied.has(inside)) {
      // Folders in pg_wal, such as archive_status, must exist. Those of slots must not.
      if (inside === 'pg_wal') await mkdir(join(to, path), { recursive: true, mode: 0o700 });
    } else {
      await unlessGone(copyFolder(from, to, path));
    }
  }
}

/** Copies a file; it is on the disk when this resolves. */
export async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.sync().finally(() => file.close());
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await writeFile(file, text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function unlessGone(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
