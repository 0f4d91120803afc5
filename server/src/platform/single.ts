/** The only element of a list that always has exactly one, for example the row of a statement that returns one. */
export function single<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected one element, got ${items.length}`);
  return item;
}

/** The first element of a list that always has at least one, for example the posts of a body. */
export function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('expected at least one element');
  return item;
}
