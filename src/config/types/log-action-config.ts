// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `config` block: Writes a line to the log. The action has no result. */
export interface LogActionConfigBlock {
  /**
   * Level of the line.
   * @defaultValue `"info"`
   */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | undefined
  /** The line. Example: `"a price has changed"`. */
  readonly message: string
  /** Fields of the line, as an object. */
  readonly fields?: unknown
}
