// The contents of `npm run seed`: accounts, and groups of posts with the state that each group ends in.

/** Nothing listens on this address, so every delivery of the seeded webhook fails. */
export const deadHost = '127.0.0.1:9';

export const samples = ['recipe', 'garden', 'interior', 'travel', 'workshop', 'fashion'] as const;

export const boardNames = ['Recipes', 'Garden', 'Home'] as const;

export const accountNames = { active: 'seed_kitchen', paused: 'seed_balcony' } as const;
export type SeededAccount = keyof typeof accountNames;

/** A fault of the simulator for one create of a group. */
export interface GroupFault {
  kind: 'status' | 'reset';
  status?: number;
  code?: number;
  message?: string;
}

export interface PostGroup {
  /** Part of each post's externalId, so that a second run recognizes its posts. Never change it. */
  name: string;
  account: SeededAccount;
  count: number;
  /** How the posts are scheduled; absent for drafts. `inDays`: one per day from tomorrow on. */
  schedule?: 'now' | 'useNextOpenSlot' | 'inDays';
  faults?: GroupFault[];
  /** The state that the run waits for; absent when the posts remain as they were created. */
  until?: { status: string; publication?: string };
  shows: string;
}

/**
 * In the order in which they are created. To show another state, add a group; a fault of the simulator or a policy of an
 * account leads to it.
 */
export const groups: PostGroup[] = [
  { name: 'draft', account: 'active', count: 40, shows: 'drafts' },
  { name: 'slot', account: 'active', count: 40, schedule: 'useNextOpenSlot', shows: 'queued in timeslots' },
  { name: 'dated', account: 'active', count: 20, schedule: 'inDays', shows: 'queued at specific times' },
  {
    name: 'sent',
    account: 'active',
    count: 60,
    schedule: 'now',
    until: { status: 'sent' },
    shows: 'published',
  },
  {
    name: 'failed',
    account: 'active',
    count: 14,
    schedule: 'now',
    faults: [
      { kind: 'status', status: 403, code: 235, message: 'Image is broken.' },
      { kind: 'status', status: 404, code: 40, message: 'Board not found.' },
      { kind: 'status', status: 403, code: 7, message: 'Not authorized to access board or Pin.' },
    ],
    until: { status: 'failed' },
    shows: 'refused by Pinterest',
  },
  {
    // No Pin is created, so the searches find none. With the policy `ask` a person decides after the last one.
    name: 'lost',
    account: 'active',
    count: 6,
    schedule: 'now',
    faults: [{ kind: 'reset' }],
    until: { status: 'uploading', publication: 'confirming' },
    shows: 'response lost: confirming, after about 12 minutes a person decides',
  },
  { name: 'waiting', account: 'paused', count: 6, schedule: 'now', shows: 'due, delayed by a pause' },
  { name: 'later', account: 'paused', count: 10, schedule: 'inDays', shows: 'queued on a paused account' },
  { name: 'idea', account: 'paused', count: 4, shows: 'drafts of a paused account' },
];

const dishes = [
  'Tomato',
  'Lemon',
  'Pumpkin',
  'Rhubarb',
  'Walnut',
  'Fennel',
  'Cherry',
  'Potato',
  'Apricot',
  'Leek',
];
const forms = ['salad', 'tart', 'soup', 'bread', 'pie', 'jam', 'gratin', 'risotto'];
const tagNames = ['spring', 'quick', 'vegetarian', 'party', 'archive'];

const pick = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

/** The texts of a post. No two posts have the same, so that no search for a lost Pin confuses them. */
export function textsOf(group: PostGroup, index: number) {
  const dish = `${pick(dishes, index)} ${pick(forms, index + group.name.length)}`;
  return {
    title: `${dish}, no. ${index + 1} (${group.name})`,
    description: `How to make ${dish.toLowerCase()}. Demo post ${index + 1} of ${group.count}, ${group.shows}.`,
    url: `https://example.com/${group.name}/${index + 1}`,
    altText: `A plate of ${dish.toLowerCase()}`,
    tags: index % 3 === 0 ? [] : [pick(tagNames, index), pick(tagNames, index + 2)],
    externalId: `seed-${group.name}-${index + 1}`,
  };
}
