import type { MessageSink } from '../../../core/adapter/inbound.js'
import type { InboundRequest } from '../../../core/adapter/service-facet.js'
import { headersOf } from '../metadata.js'
import type { ServedCall } from './served-call.js'

const NO_BYTES = new Uint8Array(0)

/** Delivers the calls of a method to its sink. */
export class ServedMethod {
  readonly name: string
  readonly #sink: MessageSink<InboundRequest>
  #isHeld = false
  #resumes = 0

  constructor(name: string, sink: MessageSink<InboundRequest>) {
    this.name = name
    this.#sink = sink
  }

  /** Delivers a call. @returns false if the sink has no room */
  deliver({ params, metadata, identity, answer, part }: ServedCall): boolean {
    if (this.#isHeld) return false
    const before = this.#resumes
    const hasRoom = this.#sink.deliver({
      topic: this.name,
      payload: NO_BYTES,
      params,
      headers: headersOf(metadata),
      ...(identity !== undefined && { identity }),
      answer,
      ...(part && { part }),
    })
    this.#isHeld = !hasRoom && this.#resumes === before
    return true
  }

  resume(): void {
    this.#resumes++
    this.#isHeld = false
  }
}
