import type { IntegrationMail } from '../../mailbox/integration-mail.js'

/**
 * Sends the newest value of a `data` block to an actor whose transforms join it. One value at a time is on its way;
 * those that come meanwhile are replaced by the newest.
 */
export class JoinSender {
  readonly #name: string
  readonly #mail: () => IntegrationMail
  readonly #value: () => unknown
  #isSending = false
  #isStale = false

  constructor(name: string, mail: () => IntegrationMail, value: () => unknown) {
    this.#name = name
    this.#mail = mail
    this.#value = value
  }

  /** Called when there is a new value. Never throws. */
  changed(): void {
    if (this.#value() === undefined) return
    if (this.#isSending) {
      this.#isStale = true
      return
    }
    this.#isSending = true
    const sent = () => {
      this.#isSending = false
      if (!this.#isStale) return
      this.#isStale = false
      this.changed()
    }
    // A request that fails is not repeated: the next life of the actor reads the value when it opens its sources.
    this.#mail().request('join', this.#name, this.#value()).then(sent, sent)
  }
}
