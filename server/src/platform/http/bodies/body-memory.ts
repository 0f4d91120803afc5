// How much memory the bodies of requests under way may take. It is drawn as bytes arrive, not as they are announced, and
// given back when the request has been answered or the client has gone. Without it a thousand requests that are let in
// could hold 16 GB. Uploads of media go to disk as they arrive and take nothing of it.
//
// No caller gets all of it: a key has a quarter, an organization half, and a key has two large bodies on the way at most.
import type { Caller } from '../../use-case/index.ts';
import { bodiesTooLarge, bodyMemoryFull } from '../contract/refusals.ts';

const mib = 1024 * 1024;
const largeBytes = mib;
const largeBodiesMax = 2;

/** The memory of the body of one request. */
export interface BodyShare {
  /** A length that was announced. @throws Refusal for one more large body than the caller may send at once */
  announce(bytes: number): void;
  /** Bytes that have arrived. @throws Refusal when there is no room for them */
  draw(bytes: number): void;
  /** Releases everything; calling it again is harmless. */
  release(): void;
}

export interface BodyMemory {
  open(caller: Caller | null): BodyShare;
  heldBytes(): number;
}

/** Counts by name; a name with nothing is forgotten. */
function createCounts() {
  const counts = new Map<string, number>();
  return {
    of: (name: string) => counts.get(name) ?? 0,
    add(name: string, amount: number): void {
      const count = (counts.get(name) ?? 0) + amount;
      if (count === 0) counts.delete(name);
      else counts.set(name, count);
    },
  };
}

/** @param bytesMax For all bodies of the process */
export function createBodyMemory(bytesMax = 128 * mib): BodyMemory {
  const bytesOf = createCounts();
  const largeOf = createCounts();
  let heldBytes = 0;

  return {
    heldBytes: () => heldBytes,

    open(caller) {
      const key = `key ${caller?.actor.id}`;
      const organization = `organization ${caller?.organizationId}`;
      let bytes = 0;
      let isLarge = false;
      let isReleased = false;

      function announce(total: number): void {
        if (isLarge || isReleased || total <= largeBytes) return;
        if (largeOf.of(key) >= largeBodiesMax) throw bodiesTooLarge();
        largeOf.add(key, 1);
        isLarge = true;
      }

      return {
        announce,
        draw(more) {
          if (isReleased) return;
          announce(bytes + more);
          if (bytesOf.of(key) + more > bytesMax / 4) throw bodiesTooLarge();
          if (bytesOf.of(organization) + more > bytesMax / 2 || heldBytes + more > bytesMax)
            throw bodyMemoryFull();
          bytes += more;
          heldBytes += more;
          bytesOf.add(key, more);
          bytesOf.add(organization, more);
        },
        release() {
          if (isReleased) return;
          isReleased = true;
          heldBytes -= bytes;
          bytesOf.add(key, -bytes);
          bytesOf.add(organization, -bytes);
          if (isLarge) largeOf.add(key, -1);
        },
      };
    },
  };
}
