import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/**
 * A value that never prints: not by `String`, `JSON.stringify`, `console.log` or a template.
 * `reveal()` is called only where the value is handed to the actor that needs it.
 */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return HIDDEN
  }
  toJSON(): string {
    return HIDDEN
  }
  [inspect.custom](): string {
    return HIDDEN
  }
}
