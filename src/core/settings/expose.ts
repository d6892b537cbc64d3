/** What callers of a server may subscribe to. */
export interface ExposeSettings {
  /** Labels of `data` blocks. */
  readonly data: readonly string[]
  /** Topics of integrations, by the names that callers use. */
  readonly topics: Readonly<Record<string, { readonly integration: string; readonly topic: string }>>
}
