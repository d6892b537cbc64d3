import type { DataPath } from '../core/data-path.js'
import type { TriggerEvent } from '../core/settings/trigger.js'
import type { Hops } from './hops.js'

/** What happened in the data flow, for the `on` blocks. */
export interface FlowEvent {
  /** What an expression sees as `trigger`. */
  readonly trigger: object
  readonly hops: Hops
}

/** Receives the events of one kind. It must not throw. */
type Listener = (event: FlowEvent) => void

/** Calls the `on` blocks of each event. Looking up an event without listeners costs one lookup. */
export class FlowEvents {
  readonly #listeners = new Map<string, readonly Listener[]>()
  readonly #paths = new Map<string, readonly { readonly path: DataPath; readonly listener: Listener }[]>()

  /** @returns a function that removes the listener */
  on(event: TriggerEvent, listener: Listener): () => void {
    return event.kind === 'data' && event.path.length > 0
      ? add(this.#paths, event.name, { path: event.path, listener })
      : add(this.#listeners, keyOf(event), listener)
  }

  emit(event: TriggerEvent, trigger: object, hops: Hops): void {
    for (const listener of this.#listeners.get(keyOf(event)) ?? []) listener({ trigger, hops })
  }

  /** Returns the listeners of paths in the value of a `data` block. */
  paths(data: string): readonly { readonly path: DataPath; readonly listener: Listener }[] {
    return this.#paths.get(data) ?? []
  }
}

function add<T>(lists: Map<string, readonly T[]>, key: string, item: T): () => void {
  lists.set(key, [...(lists.get(key) ?? []), item])
  return () => {
    const left = lists.get(key)!.filter((other) => other !== item)
    if (left.length > 0) lists.set(key, left)
    else lists.delete(key)
  }
}

function keyOf(event: TriggerEvent): string {
  switch (event.kind) {
    case 'data':
      return `data.${event.name}`
    case 'action':
      return `action.${event.name}.${event.outcome}`
    default:
      return `${event.kind}.${event.name}.${event.state}`
  }
}
