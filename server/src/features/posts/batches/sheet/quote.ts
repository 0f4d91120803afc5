/** Returns the text of a cell or of a column name in quotes, cut to the length that a message shows. */
export function quote(text: string): string {
  return JSON.stringify(text.trim().slice(0, 60));
}
