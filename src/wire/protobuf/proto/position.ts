/** The line of an index in a text, from 1; 0 if the index is negative because nothing was found. */
export function lineAt(source: string, index: number): number {
  return index < 0 ? 0 : source.slice(0, index).split('\n').length
}
