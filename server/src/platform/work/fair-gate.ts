// A gate that owners share. They are admitted in turn, and an owner has at most half of the permits and of the memory,
// so that the others are admitted although one owner sends many or slow tasks.
import { type Gate, type Permit, runWith } from './gate.ts';

export interface FairGate {
  /** Returns the gate as an owner uses it. Tasks of one owner are admitted in order. */
  of(owner: string): Gate;
}

interface Waiting {
  bytes: number;
  grant: () => void;
}

/** The tasks of an owner. Removed when it has none. */
interface Share {
  waiting: Waiting[];
  admitted: number;
  bytesUsed: number;
}

/**
 * @param permits The maximum number of tasks at a time. With a single permit, an owner can have it
 * @param bytesMax The maximum memory of all tasks together. A task that needs more is admitted alone, and one that needs
 *   more than half is the only one of its owner
 */
export function createFairGate(permits: number, bytesMax = Number.POSITIVE_INFINITY): FairGate {
  /** In the order in which they are next in turn. */
  const shares = new Map<string, Share>();
  const permitsOfOwner = Math.max(1, Math.ceil(permits / 2));
  let admitted = 0;
  let bytesUsed = 0;

  function isBelowShare({ waiting: [next], ...share }: Share): boolean {
    if (!next || share.admitted >= permitsOfOwner) return false;
    return share.admitted === 0 || share.bytesUsed + next.bytes <= bytesMax / 2;
  }

  /** The gate is full for a task that is next in turn: smaller tasks of others do not overtake it. */
  const isFullFor = ({ bytes }: Waiting) =>
    admitted >= permits || (admitted > 0 && bytesUsed + bytes > bytesMax);

  function admitNext(): void {
    for (const [owner, share] of shares) {
      const [next] = share.waiting;
      if (!next || !isBelowShare(share)) continue;
      if (isFullFor(next)) return;
      share.waiting.shift();
      count(share, 1, next.bytes);
      // The owner goes to the end of the line.
      shares.delete(owner);
      shares.set(owner, share);
      next.grant();
      admitNext();
      return;
    }
  }

  function count(share: Share, tasks: 1 | -1, bytes: number): void {
    share.admitted += tasks;
    share.bytesUsed += tasks * bytes;
    admitted += tasks;
    bytesUsed += tasks * bytes;
  }

  function enter(owner: string, bytes: number): Permit {
    const { promise: granted, resolve: grant } = Promise.withResolvers<void>();
    const share = shares.get(owner) ?? { waiting: [], admitted: 0, bytesUsed: 0 };
    const entry = { bytes, grant };
    shares.set(owner, share);
    share.waiting.push(entry);
    admitNext();
    return {
      granted,
      release() {
        const index = share.waiting.indexOf(entry);
        if (index >= 0) share.waiting.splice(index, 1);
        else count(share, -1, bytes);
        if (share.waiting.length + share.admitted === 0) shares.delete(owner);
        admitNext();
      },
    };
  }

  return {
    of(owner) {
      const enterAsOwner = (bytes = 0) => enter(owner, bytes);
      return { enter: enterAsOwner, run: runWith(enterAsOwner) };
    },
  };
}
