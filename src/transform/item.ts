import type { Value } from '../core/value.js'
import type { Origin, Outcome } from './origin.js'

/** A value on its way through a pipeline. It holds each of its origins once. */
export interface Item<Message = unknown> {
  readonly value: Value
  /** The messages that it was made from, oldest first. */
  readonly origins: readonly Origin<Message>[]
}

/** Releases all origins of an item. */
export function release({ origins }: Item, outcome: Outcome): void {
  for (const origin of origins) origin.release(outcome)
}

/** Makes items of the values from one item, which is used up. Without values it counts as filtered. */
export function derive<Message>(
  { origins }: Item<Message>,
  values: readonly Value[],
): readonly Item<Message>[] {
  if (values.length === 0) for (const origin of origins) origin.release({ kind: 'filtered' })
  for (let i = 1; i < values.length; i++) for (const origin of origins) origin.hold()
  return values.map((value) => ({ value, origins }))
}
