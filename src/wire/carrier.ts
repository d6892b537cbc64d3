/** What a format can carry, and how much of it. Read by the check and by the explanation of a refusal. */
export interface Carrier {
  readonly name: string
  readonly maxBytes: number
  readonly maxDepth: number
  /** Carries `Uint8Array`. */
  readonly bytes: boolean
  /** Carries NaN and the infinities. */
  readonly nonFinite: boolean
  /** Carries strings with unpaired surrogates and a member called `__proto__`. */
  readonly anyText: boolean
}

/** Whether `value` is an object as a literal makes it, of whatever realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** Whether UTF-8 can carry the text. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as { isWellFormed(): boolean }).isWellFormed()
}
