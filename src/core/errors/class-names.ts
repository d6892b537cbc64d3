/** Restores the names of classes that a minifier renamed: they are part of the API, and `console.log` shows them. */
export function keepNames(classes: { readonly [name: string]: object }): void {
  for (const [name, value] of Object.entries(classes)) Object.defineProperty(value, 'name', { value: name })
}
