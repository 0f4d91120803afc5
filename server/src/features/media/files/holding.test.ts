// Media in the hands of who begins to use them: found, and not deleted under them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../../../platform/use-case/index.ts';
import type { MediaRow } from '../index.ts';
import { createMediaHarness, type MediaHarness } from '../media.fixture.ts';
import { picture } from '../pictures/sample-pictures.fixture.ts';
import { lockMedia, markDeleted } from './sweep.queries.ts';

let harness: MediaHarness;
let organizationId: string;
let seed = 100;

beforeAll(async () => {
  harness = await createMediaHarness();
  organizationId = await harness.addOrganization();
});
afterAll(() => harness.close());

async function add(): Promise<MediaRow> {
  seed += 1;
  harness.serve(await picture(seed).png().toBuffer());
  return harness.media.fetchFromUrl({ organizationId, url: harness.url, declaredType: 'image' });
}

function deleteIt(id: string): Promise<boolean> {
  return harness.database.transaction(async (tx) => {
    const row = await lockMedia(tx, organizationId, id);
    if (row) await markDeleted(tx, id, harness.clock.now());
    return row !== undefined;
  });
}

describe('one that is found', () => {
  it('media is found by id, except for invalid ids, other organizations and deleted media', async () => {
    const { db } = harness.database;
    const row = await add();
    const viewer = { organizationId, actor: systemActor, accountIds: null };
    expect(await harness.media.find(db, viewer, row.id)).toEqual(row);
    for (const id of ['', 'med_x', 'post_01kav8w5v8e6nb1vkh5tq4j1aa', "med_'--", 'med_\0', `${row.id} `]) {
      expect(await harness.media.find(db, viewer, id)).toBeUndefined();
    }
    expect(await harness.media.find(db, { ...viewer, organizationId: 'org_x' }, row.id)).toBeUndefined();
    await deleteIt(row.id);
    expect(await harness.media.find(db, viewer, row.id)).toBeUndefined();
    // Posts that are out still show what it was.
    expect((await harness.media.getMany(db, organizationId, [row.id])).get(row.id)?.sha256).toBe(row.sha256);
  });
});

describe('those that are held', () => {
  it('several media are found by id, without invalid ids and deleted media', async () => {
    const [one, other, gone] = [await add(), await add(), await add()];
    await deleteIt(gone.id);
    const ids = [one.id, other.id, one.id, gone.id, 'med_x', 'nothing\0'];
    const held = await harness.database.transaction((tx) => harness.media.hold(tx, organizationId, ids));
    expect([...held.keys()].sort()).toEqual([one.id, other.id].sort());
    expect(await harness.database.transaction((tx) => harness.media.hold(tx, 'org_x', ids))).toEqual(
      new Map(),
    );
    expect(await harness.database.transaction((tx) => harness.media.hold(tx, organizationId, []))).toEqual(
      new Map(),
    );
  });

  it('held media cannot be deleted before the transaction ends, and others can hold it too', async () => {
    const row = await add();
    let isDeleted = false;
    const deleting = await harness.database.transaction(async (tx) => {
      await harness.media.hold(tx, organizationId, [row.id]);
      await harness.database.transaction((other) => harness.media.hold(other, organizationId, [row.id]));
      const pending = deleteIt(row.id).then(() => {
        isDeleted = true;
      });
      await waitForLock();
      expect(isDeleted).toBe(false);
      return { pending };
    });
    await deleting.pending;
    expect(isDeleted).toBe(true);
  });

  it('media whose deletion was in progress cannot be held', async () => {
    const row = await add();
    const { pending } = await harness.database.transaction(async (tx) => {
      await lockMedia(tx, organizationId, row.id);
      await markDeleted(tx, row.id, harness.clock.now());
      const pending = harness.database.transaction((other) =>
        harness.media.hold(other, organizationId, [row.id]),
      );
      await waitForLock();
      return { pending };
    });
    expect(await pending).toEqual(new Map());
  });
});

/** Until some transaction waits for another. */
async function waitForLock(): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await harness.database.pool.query(
        'select 1 from pg_locks l join pg_database d on d.oid = l.database where not l.granted and d.datname = current_database() union all select 1 from pg_stat_activity where wait_event_type = $1 and datname = current_database()',
        ['Lock'],
      );
      return rows.length;
    })
    .toBeGreaterThan(0);
}
