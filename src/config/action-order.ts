import { addTo } from '../core/list-map.js'
import { type ActionSettings, membersOf } from '../core/settings/action.js'

/** Which actions run before others. */
export class ActionOrder {
  readonly #sequences: readonly (readonly string[])[]
  /** The actions that run an action themselves. */
  readonly #holders = new Map<string, string[]>()

  constructor(actions: readonly ActionSettings[]) {
    this.#sequences = actions.flatMap((action) => (action.type === 'sequence' ? [action.actions] : []))
    for (const action of actions)
      for (const member of membersOf(action)) addTo(this.#holders, member, action.name)
  }

  /** Returns whether a sequence runs one action, also within another, before a second one. */
  isBefore(first: string, second: string): boolean {
    const [aroundFirst, aroundSecond] = [this.#allAround(first), this.#allAround(second)]
    return this.#sequences.some((members) => {
      const at = members.findIndex((name) => aroundFirst.has(name))
      return at !== -1 && members.slice(at + 1).some((name) => aroundSecond.has(name))
    })
  }

  /** Returns an action and all that run it, also within others. */
  #allAround(name: string): ReadonlySet<string> {
    // Names that are added while the set is read are read too.
    const found = new Set([name])
    for (const each of found) for (const holder of this.#holders.get(each) ?? []) found.add(holder)
    return found
  }
}
