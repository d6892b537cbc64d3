import type { Capacity } from '../core/overflow.js'
import { CreditGiver, newCredit } from '../mailbox/credit.js'
import type { SourceHandler, SourceRequest } from '../mailbox/integration-mail.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun, SourceSpec } from '../mailbox/protocol.js'

/** On their way to the host from one source: enough to keep the channel full over a round trip of credit. */
const MOST_MESSAGES = 8_192
const MOST_BYTES = 8 * 1024 * 1024
type SourceVerb = 'subscribe' | 'consume' | 'serve'

/** A source as the host remembers it, so that each new life of the actor can be asked for it again. */
export interface HostSource {
  readonly id: number
  readonly verb: SourceVerb
  readonly target: string
  readonly wanted: SourceRequest
  readonly handler: SourceHandler
  /** Asked for; granted once; or ended by the host, while what the actor has sent until it hears of it still comes. */
  state: 'asked' | 'open' | 'closing'
  /** Aborts when the host ends it: an actor that was asked for it and has not opened it yet must not open it then. */
  readonly closing: AbortController
  credit: { readonly shared: SharedArrayBuffer; readonly giver: CreditGiver }
}

/** The sources that the host has open at one integration. */
export class HostSources {
  readonly #byId = new Map<number, HostSource>()
  #lastId = 0

  add(verb: SourceVerb, target: string, wanted: SourceRequest, handler: SourceHandler): HostSource {
    const source: HostSource = {
      id: ++this.#lastId,
      verb,
      target,
      wanted,
      handler,
      state: 'asked',
      closing: new AbortController(),
      credit: freshCredit(),
    }
    this.#byId.set(source.id, source)
    return source
  }

  /** Whether it is still wanted. */
  has(source: HostSource): boolean {
    return this.#byId.get(source.id) === source && source.state !== 'closing'
  }

  /** It is not wanted any more. @returns false when that was known. */
  close(source: HostSource): boolean {
    if (!this.has(source)) return false
    source.state = 'closing'
    source.closing.abort()
    return true
  }

  /** Whether the source of that number has been granted once. */
  isOpen(id: number): boolean {
    return this.#byId.get(id)?.state === 'open'
  }

  remove(source: HostSource): void {
    this.#byId.delete(source.id)
  }

  /** @returns whether the actor wants to be woken by the arrival. */
  deliver(run: DeliveryRun, names: NameReader, life: number): boolean {
    const source = this.#byId.get(run.source)
    if (source === undefined) return false
    source.handler.receive(run, names, life)
    return source.credit.giver.received(run.count)
  }

  dropped(id: number, total: number): void {
    this.#byId.get(id)?.handler.dropped(total)
  }

  end(id: number, error: Error): void {
    const source = this.#byId.get(id)
    if (source === undefined) return
    this.#byId.delete(id)
    if (source.state !== 'closing') source.handler.ended(error)
  }

  /** All end, but for what is on its way already: the handler still receives that. */
  drain(error: Error): void {
    for (const source of this.#byId.values()) if (this.close(source)) source.handler.ended(error)
  }

  endAll(error: Error): void {
    for (const id of [...this.#byId.keys()]) this.end(id, error)
  }

  /** The actor has died: all credit is void. @returns the sources that its successor must be asked for. */
  renew(): HostSource[] {
    const open = [...this.#byId.values()].filter(({ state }) => state === 'open')
    for (const source of open) {
      source.credit = freshCredit()
      source.handler.reborn()
    }
    return open
  }
}

/** The specification that the actor is sent. */
export function specOf(source: HostSource): SourceSpec {
  return { ...source.wanted, id: source.id, credit: source.credit.shared }
}

function freshCredit() {
  const shared = newCredit()
  return { shared, giver: new CreditGiver(shared) }
}

/** How much of one source may be on its way to the host. */
export function windowOf({ messages, bytes }: Capacity): Capacity {
  return { messages: Math.min(messages, MOST_MESSAGES), bytes: Math.min(bytes, MOST_BYTES) }
}
