// The users of the simulation: they change their minds, and look on Pinterest before they resolve a post.
import { isUnresolved } from '../../src/domain/post-states.ts';
import type { PostRow } from '../../src/features/posts/index.ts';
import { addMs } from '../../src/platform/clock.ts';
import { Refusal } from '../../src/platform/errors.ts';
import { newPost } from '../new-post.ts';
import type { World } from './world.ts';

const hour = 3600 * 1000;
/** The maximum number of unfinished posts of an account. */
const postsMax = 20;

export type Users = ReturnType<typeof createUsers>;

export function createUsers(world: World, taken: Record<string, number>) {
  const { draw, model, now, tell, invariants } = world;
  let created = 0;

  const soon = () => addMs(now(), draw.pick([1, 1_000, 30_000, 300_000, hour]) * draw.between(1, 3));
  const anyAccount = () => draw.pick([...model.accounts.values()]);
  /** A title, which is often that of another post. */
  const anyTitle = () => (draw.chance(0.4) ? draw.pick(['Soup & bread', 'Pie']) : `Number ${created} & co`);
  const editable = new Map<string, string[]>();

  function anyPost(states: readonly string[]): PostRow | undefined {
    const { row, posts } = anyAccount();
    // Finished and deleted posts are not picked again.
    const editableIds = (editable.get(row.id) ?? []).filter((id) => {
      const post = posts.get(id);
      return post && post.deleted_at === null && post.state !== 'sent';
    });
    editable.set(row.id, editableIds);
    const fit = editableIds
      .flatMap((id) => posts.get(id) ?? [])
      .filter((post) => states.includes(post.state));
    return fit.length > 0 ? draw.pick(fit) : undefined;
  }

  /** Runs a change of a user; a refusal is a valid result. */
  function ask(what: string, post: PostRow | undefined, act: (post: PostRow) => unknown): void {
    if (!post) return;
    tell(what, `${post.id} (${post.state})`);
    try {
      act(post);
      taken[`${what} done`] = (taken[`${what} done`] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  const resting = ['draft', 'queued', 'failed', 'held'];
  const schedule = (post: PostRow) =>
    ask('schedule', post, () =>
      model.move(post, { move: 'schedule', sendAt: soon(), boardId: post.board_id ?? '1' }, now()),
    );

  /** Resolves a post as a person who looks on Pinterest. */
  function settle(post: PostRow): void {
    const [pin] = world.pinterest.of(post.media_id);
    const isUnderWay = world.waiting.some((act) => act.name === `createPin ${post.media_id}`);
    if (!pin && isUnderWay) return;
    ask('resolve', post, () => model.resolve(post, pin?.pin.id ?? null, now()));
  }

  const unresolved = () =>
    [...model.accounts.values()].flatMap(({ open }) => [...open.values()].filter(isUnresolved));

  return {
    count: () => created,

    create(): void {
      const { row } = anyAccount();
      const editableIds = editable.get(row.id) ?? [];
      if (editableIds.length >= postsMax) return void anyPost(resting);
      created += 1;
      const id = `post_${String(created).padStart(6, '0')}`;
      tell('create', id);
      model.create(
        newPost({
          id,
          organizationId: row.organization_id,
          accountId: row.id,
          mediaId: `med_${id}`,
          title: anyTitle(),
          boardId: draw.pick(['1', '1', '1', '2']),
          sendAt: draw.chance(0.9) ? soon() : null,
        }),
        now(),
      );
      editable.set(row.id, [...editableIds, id]);
    },

    schedule(): void {
      const post = anyPost(draw.chance(0.9) ? resting : ['publishing', 'unknown']);
      if (post) schedule(post);
    },

    unschedule: () =>
      ask('unschedule', anyPost(resting), (post) => model.move(post, { move: 'unschedule' }, now())),

    edit: () =>
      ask('edit', anyPost(resting), (post) =>
        model.edit(
          post,
          newPost({
            organizationId: post.organization_id,
            accountId: post.account_id,
            mediaId: post.media_id,
            title: anyTitle(),
            boardId: draw.pick(['1', '1', '1', '2']),
            sendAt: null,
          }),
          now(),
        ),
      ),

    remove: () => ask('delete', anyPost(resting), (post) => model.remove(post, now())),

    resolve(): void {
      const all = unresolved();
      // Mostly held ones.
      const fit = draw.chance(0.2) ? all : all.filter((post) => post.state === 'held');
      if (fit.length > 0) settle(draw.pick(fit));
    },

    resolveAll(): void {
      for (const post of unresolved()) if (post.state === 'held') settle(post);
    },

    pace(): void {
      const { row } = anyAccount();
      tell('pace', row.id);
      invariants.ruled(row.id);
      model.changeRules(
        row.id,
        { min_interval_seconds: draw.pick([0, 0, 20, 300]), daily_pin_limit: draw.pick([null, null, 3, 10]) },
        now(),
      );
    },

    policies(): void {
      const { row } = anyAccount();
      model.changeRules(
        row.id,
        {
          unknown_policy: draw.pick(['retry', 'retry', 'ask']),
          missed_policy: draw.pick(['publish', 'publish', 'publish', 'hold']),
        },
        now(),
      );
    },

    pause(): void {
      const { row } = anyAccount();
      const to = {
        publishing: 'paused',
        paused_policy: draw.pick(['hold', 'fail', 'shift'] as const),
      } as const;
      tell('pause', `${row.id} ${to.paused_policy}`);
      invariants.ruled(row.id);
      model.changePublishing(row.id, to, now());
    },

    resume(): void {
      const { row } = anyAccount();
      if (row.publishing === 'active') return;
      tell('resume', row.id);
      invariants.ruled(row.id);
      model.changePublishing(row.id, { publishing: 'active', paused_policy: row.paused_policy }, now());
    },

    reconnect(): void {
      const { row } = anyAccount();
      tell('reconnect', row.id);
      model.setAuthorized(row.id, true);
      model.wake(row.id, now());
    },
  };
}
