/**
 * Tells whether a file of a folder belongs to the configuration. As for `*.hcl` in a shell, hidden files do not: editors put
 * locks and unfinished copies there.
 */
export function isConfigurationName(name: string): boolean {
  return name.endsWith('.hcl') && !name.startsWith('.')
}
