import type { PolledData } from '../../core/settings/data.js'
import type { FlowIntegration } from '../flow-integration.js'
import { openCollector, type StreamTarget } from './streams.js'

/** The source in the actor that transforms the results of the calls of one `data` block. Opened for the first call. */
export class Collector {
  readonly #settings: PolledData
  readonly #integration: () => FlowIntegration
  readonly #target: StreamTarget
  #id: Promise<number> | undefined
  #end: () => Promise<void> = async () => {}

  constructor(settings: PolledData, integration: () => FlowIntegration, target: StreamTarget) {
    this.#settings = settings
    this.#integration = integration
    this.#target = target
  }

  /** Returns the id of the source. @throws why it cannot be opened; the next call tries again */
  get id(): Promise<number> {
    this.#id ??= this.#open()
    return this.#id
  }

  /** Ends the source in the actor. Never rejects. */
  async close(): Promise<void> {
    await this.#id?.catch(() => {})
    await this.#end()
  }

  async #open(): Promise<number> {
    const close = () => {
      this.#id = undefined
    }
    try {
      const { id, ended, end } = await openCollector(this.#settings, this.#integration(), this.#target)
      this.#end = end
      ended.then(close, close)
      return id
    } catch (error) {
      close()
      throw error
    }
  }
}
