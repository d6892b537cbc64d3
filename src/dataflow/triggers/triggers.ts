import type { TriggerSettings } from '../../core/settings/trigger.js'
import type { FlowEvents } from '../events.js'
import { Trigger, type TriggerDependencies, type TriggerFigures } from './trigger.js'

/** A trigger, and a function with which it no longer receives events. */
interface Listening {
  readonly trigger: Trigger
  readonly forget: () => void
}

/** The `on` blocks of a gateway. */
export class Triggers {
  readonly #events: FlowEvents
  readonly #parts: TriggerDependencies
  #listening: readonly Listening[]
  /** Removed triggers whose events still wait. */
  #retired: readonly Trigger[] = []

  constructor(settings: readonly TriggerSettings[], events: FlowEvents, parts: TriggerDependencies) {
    this.#events = events
    this.#parts = parts
    this.#listening = settings.map((each) => this.#listen(each))
  }

  /** Takes other blocks. Events that wait in a changed or removed one still get their runs. */
  reload(settings: readonly TriggerSettings[], isChanged: (name: string) => boolean): void {
    const removed = new Map(this.#listening.map((each) => [each.trigger.name, each]))
    this.#listening = settings.map((each) => {
      const known = removed.get(each.name)
      if (known === undefined) return this.#listen(each)
      removed.delete(each.name)
      if (isChanged(each.name)) known.trigger.change(each)
      return known
    })
    const retired = [...removed.values()].map(({ trigger, forget }) => {
      forget()
      trigger.retire()
      return trigger
    })
    this.#retired = [...this.#retired, ...retired].filter(({ isBusy }) => isBusy)
  }

  /** Ends all triggers, also those that were removed. Runs in progress go on. */
  stop(): void {
    for (const { trigger } of this.#listening) trigger.stop()
    for (const trigger of this.#retired) trigger.stop()
  }

  get figures(): Readonly<Record<string, TriggerFigures>> {
    return Object.fromEntries(this.#listening.map(({ trigger }) => [trigger.name, trigger.figures]))
  }

  #listen(settings: TriggerSettings): Listening {
    const trigger = new Trigger(settings, this.#parts)
    return { trigger, forget: this.#events.on(settings.event, (event) => trigger.offer(event)) }
  }
}
