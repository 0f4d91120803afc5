// Closes parts in the reverse order of their opening.
import { throwAll } from './errors.ts';

export type Closer = () => Promise<void> | void;

/**
 * Closes all, the last one first, and empties the list. Errors are thrown after all have been closed.
 */
export async function closeAll(closers: Closer[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors, 'Several parts could not be closed.');
}
