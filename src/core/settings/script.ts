/** A `script` block with all defaults filled in. */
export interface ScriptSettings {
  /** The label of its block. */
  readonly name: string
  /** Absolute path of the module. */
  readonly path: string
  /** How many threads run it. */
  readonly threads: number
  /** How many calls a thread runs at the same time. */
  readonly concurrent: number
  /** How many calls may wait for a thread. */
  readonly queue: number
  /** Time limit of a call, including its wait for a thread. */
  readonly timeoutMs: number
  /** Bytes of memory at which a thread is replaced. */
  readonly memory: number
  /** Bytes of a value that may leave a thread. */
  readonly maxResult: number
  /** Whether the script is loaded again when one of its files changes. */
  readonly reload: boolean
}

/** An exported function of a script. */
export interface ScriptFunction {
  /** The label of the `script` block. */
  readonly script: string
  /** The name of the export. */
  readonly function: string
}
