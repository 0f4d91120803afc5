/** Returns the element of a list that always has exactly one, such as the row of a statement that returns one. */
export function single<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected one element, got ${items.length}`);
  return item;
}

/** Returns the first element of a list that is never empty, such as the posts of a body. */
export function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('expected at least one element');
  return item;
}
