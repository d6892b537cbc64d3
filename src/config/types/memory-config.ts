// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `config` block: Settings of the protocol. */
export interface MemoryConfigBlock {
  /**
   * Name of the embedded broker to connect to.
   * @defaultValue `"memory"`
   */
  readonly broker?: string | undefined
}
