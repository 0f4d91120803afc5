// Closes parts in the opposite order of their opening.
import { throwAll } from './errors.ts';

export type Closer = () => Promise<void> | void;

/**
 * Closes the last first and empties the list. One that fails does not keep the others open; its error is thrown
 * after them.
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
