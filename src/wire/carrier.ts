/** The values that a wire format can carry, and their limits. */
export interface Carrier {
  readonly name: string
  readonly maxBytes: number
  readonly maxDepth: number
  /** Whether it carries `Uint8Array`. */
  readonly bytes: boolean
  /** Whether it carries NaN and the infinities. */
  readonly nonFinite: boolean
  /** Whether it carries strings with unpaired surrogates and a member named `__proto__`. */
  readonly anyText: boolean
}

/** Whether `value` is a plain object, also of another realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** Whether UTF-8 can carry the text. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed()
}
