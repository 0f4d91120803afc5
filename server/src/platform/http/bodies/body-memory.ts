// Limits the memory of request bodies. Memory is reserved as bytes arrive, not when a length is announced, and released
// when the request is answered or the client disconnects. Without the limit, a thousand concurrent requests could use
// 16 GB. Uploads of media are streamed to storage and do not count.
//
// A key can use a quarter of the memory, an organization half, and a key can have two large bodies in progress.
import type { Caller } from '../../use-case/index.ts';
import { bodiesTooLarge, bodyMemoryFull } from '../contract/refusals.ts';

const mib = 1024 * 1024;
const largeBytes = mib;
const largeBodiesMax = 2;

/** The memory of one request body. */
export interface BodyShare {
  /** Records an announced length. @throws Refusal if the caller has too many large bodies in progress */
  announce(bytes: number): void;
  /** Reserves memory for bytes that have arrived. @throws Refusal if a limit is reached */
  draw(bytes: number): void;
  /** Releases all of it. Has no effect when called again. */
  release(): void;
}

export interface BodyMemory {
  open(caller: Caller | null): BodyShare;
  heldBytes(): number;
}

/** Counts by name. Names with a count of zero are removed. */
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

/** @param bytesMax The limit for all bodies of the process */
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
