// Closes parts in the opposite order of their opening.

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
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, 'Several parts could not be closed.');
}
