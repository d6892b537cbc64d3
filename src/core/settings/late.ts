import type { Value } from '../value.js'

/** The names that an expression of the configuration may use at run time. */
export interface RunNames {
  /** What started the run. */
  readonly trigger?: unknown
  /** The values of the `data` blocks by their names. */
  readonly data?: Readonly<Record<string, unknown>>
  /** The results of the actions that this run has finished, by their names. */
  readonly action?: Readonly<Record<string, unknown>>
}

/** Names of the blocks that an expression uses. */
export interface LateNames {
  readonly data: readonly string[]
  readonly action: readonly string[]
}

/** A value of the configuration that is computed at each run, because it depends on `trigger`, `data` or `action`. */
export class Late {
  /** Where the configuration has it: `gateway.hcl:12`. */
  readonly place: string
  /** The `data` blocks and the actions that it uses. */
  readonly uses: LateNames
  readonly #evaluate: (names: RunNames) => Value

  constructor(place: string, uses: LateNames, evaluate: (names: RunNames) => Value) {
    this.place = place
    this.uses = uses
    this.#evaluate = evaluate
  }

  /** Computes the value. @throws ConfigError with the place if a name has no value, or a value the wrong type */
  evaluate(names: RunNames): Value {
    return this.#evaluate(names)
  }
}

/** A value that is known at load, or computed at each run. */
export type Parameter<T extends Value = Value> = T | Late

/** Returns the value of a parameter. @throws ConfigError */
export function parameterValue(parameter: Parameter, names: RunNames): Value {
  return parameter instanceof Late ? parameter.evaluate(names) : parameter
}
