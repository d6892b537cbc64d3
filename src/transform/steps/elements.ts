import type { TransformEach } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'

/** Whether a transform applies to the elements of a value. @throws Error if it must and the value is not an array */
export function isByElement(value: Value, each: TransformEach | undefined): value is readonly Value[] {
  if (Array.isArray(value)) return each !== 'message'
  if (each === 'element') throw new Error(`expected an array, found ${nameOf(value)}`)
  return false
}

/** Tells what a value is, for messages. */
export function nameOf(value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** The values that a transform applies to, in one list, and which of them belong to each item. */
export interface Spread {
  readonly inputs: readonly Value[]
  /** Of each value: the first input, how many, and whether they are elements of it. */
  readonly parts: readonly { readonly from: number; readonly count: number; readonly isArray: boolean }[]
}

/** Lists what a transform applies to: whole values, or the elements of arrays. @throws Error as `isByElement` */
export function spread(values: readonly Value[], each: TransformEach | undefined): Spread {
  const inputs: Value[] = []
  const parts = values.map((value) => {
    const from = inputs.length
    const isArray = isByElement(value, each)
    if (isArray) for (const element of value) inputs.push(element)
    else inputs.push(value)
    return { from, count: inputs.length - from, isArray }
  })
  return { inputs, parts }
}
