import { CaseContext } from './context.js'
import type { ComplianceOptions } from './options.js'

/**
 * Shares one gateway among cases that leave it unchanged, because starting threads takes most of the time of such a
 * case.
 */
export class SharedContext {
  readonly #options: ComplianceOptions
  #first: CaseContext | undefined

  constructor(options: ComplianceOptions) {
    this.#options = options
  }

  /** Runs a case with the shared gateway. A case that fails or restarts a thread ends the gateway. */
  async run(work: (context: CaseContext) => Promise<void>): Promise<void> {
    this.#first ??= await CaseContext.start(this.#options)
    const context = this.#first.next()
    try {
      await work(context)
    } catch (error) {
      await this.end()
      throw error
    } finally {
      await context.endPeers()
    }
    if (!context.isUndisturbed) await this.end()
  }

  async end(): Promise<void> {
    const first = this.#first
    this.#first = undefined
    await first?.end()
  }
}
