// Pinterest's ids are digits. They become parts of a path, so nothing else may.

export function isPinterestId(value: string): boolean {
  return /^\d{1,64}$/.test(value);
}
