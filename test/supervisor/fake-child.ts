import type { Child } from '../../src/supervisor/child.js'
import type { ChildSpec, RestartType } from '../../src/supervisor/child-spec.js'

/** A child whose life is in the hands of a test; everything that is done to it goes into a journal. */
export class FakeChild implements Child {
  readonly spec: ChildSpec
  onDeath: ((reason: string) => void) | undefined
  /** What a start waits for; set it to hold starts up or to make them fail. */
  starting: () => Promise<void> = async () => {}
  stopping: () => Promise<void> = async () => {}
  running = false
  readonly #journal: string[]
  #interrupt: ((error: Error) => void) | undefined

  constructor(id: string, journal: string[], restart: RestartType = 'permanent') {
    this.spec = { id, restart, shutdown: 1_000 }
    this.#journal = journal
  }

  async start(): Promise<void> {
    this.#journal.push(`start ${this.spec.id}`)
    if (this.running) throw new Error(`${this.spec.id} was started twice`)
    await Promise.race([
      this.starting(),
      new Promise<void>((_, reject) => {
        this.#interrupt = reject
      }),
    ])
    this.#interrupt = undefined
    this.running = true
    this.#journal.push(`started ${this.spec.id}`)
  }

  async stop(): Promise<void> {
    if (this.#interrupt !== undefined) {
      this.#journal.push(`interrupt ${this.spec.id}`)
      this.#interrupt(new Error('it was stopped'))
      this.#interrupt = undefined
      return
    }
    if (!this.running) return
    this.running = false
    await this.stopping()
    this.#journal.push(`stop ${this.spec.id}`)
  }

  fail(): void {
    this.running = false
    this.#journal.push(`fail ${this.spec.id}`)
  }

  die(reason = 'boom'): void {
    this.running = false
    this.#journal.push(`die ${this.spec.id}`)
    this.onDeath!(reason)
  }
}
