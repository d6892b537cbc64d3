import type { Addressed, PredecessorAddress, SuccessorAddress } from '../mailbox/actor-address.js'
import type { ChannelEnd } from '../mailbox/channel.js'
import { Gauges } from '../mailbox/gauges.js'
import type { ActorNotice } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import { ActorLife } from './actor-life.js'
import type { HostSource, HostSources } from './host-sources.js'
import type { Ledger } from './ledger.js'
import type { Request } from './request.js'
import { needsAnswer, precedesSuccessor } from './request-kinds.js'
import { SourceRestorer, type SourceRestorerParts } from './source-restorer.js'
import { Successor } from './successor.js'

/** What settles the requests that it has, after the traffic has moved on. */
interface Predecessor {
  /** Absent if there was no actor. */
  readonly life: ActorLife | undefined
  readonly ledger: Ledger
}

export interface LivesDependencies extends Pick<SourceRestorerParts, 'clock'> {
  readonly turn: Turn
  readonly sources: HostSources
  makeLedger(actor: Addressed): Ledger
  /** Receives a notice of the current life, or of a life that drains. */
  notice(notice: ActorNotice, isPresent: boolean): void
  /**
   * Called with each source that may have missed messages, because no actor had it open.
   * @param isResumed whether the sessions at the broker, if it keeps them, are those of the actor before
   */
  missed(source: HostSource, isResumed: boolean): void
}

/**
 * The lives of one actor, and the ledgers of the requests that they have. Moves the traffic from one life to another
 * (docs/architecture.md, "A reload").
 */
export class Lives {
  readonly #parts: LivesDependencies
  readonly #sources: HostSources
  readonly #restorer: SourceRestorer
  #actor: Addressed
  #ledger: Ledger
  #present: ActorLife | undefined
  #successor: Successor | undefined
  /** Lives whose traffic has moved on, and the ledgers of such without a life. */
  readonly #predecessors = new Set<Predecessor>()
  #count = 0
  /** Whether the next life resumes the sessions of the last one. */
  #isResumed = true

  constructor(actor: Addressed, parts: LivesDependencies) {
    this.#parts = parts
    this.#sources = parts.sources
    this.#actor = actor
    this.#ledger = parts.makeLedger(actor)
    this.#restorer = new SourceRestorer({
      clock: parts.clock,
      ledger: () => this.#ledger,
      sources: this.#sources,
      isCurrent: (life) => this.#present?.number === life,
    })
  }

  /** The settings of the current life. */
  get actor(): Addressed {
    return this.#actor
  }

  /** Takes new settings that need no other life. */
  configure(actor: Addressed): void {
    this.#actor = actor
  }

  /** The life that gets requests; `undefined` while there is none, and requests wait. */
  get present(): ActorLife | undefined {
    return this.#present
  }

  /** The ledger of new requests. */
  get ledger(): Ledger {
    return this.#ledger
  }

  /** The ledgers that have requests. */
  get ledgers(): readonly Ledger[] {
    return [this.#ledger, ...[...this.#predecessors].map(({ ledger }) => ledger)]
  }

  /** The ledger of a life that is not the current one; `undefined` if it is over. */
  ledgerOf(life: number): Ledger | undefined {
    if (this.#present?.number === life) return this.#ledger
    if (this.#successor?.life.number === life) return this.#successor.life.ledger
    for (const { life: earlier, ledger } of this.#predecessors) if (earlier?.number === life) return ledger
    return undefined
  }

  /** Wakes all lives, because the host has given credit. */
  nudge(): void {
    for (const life of this.#all) life.nudge()
  }

  /** Receives all batches that have arrived. */
  pullAll(): void {
    for (const life of this.#all) life.pullAll()
  }

  /** Makes a life the current one: posts waiting requests to it and opens all sources again. */
  attach(end: ChannelEnd, gauges: Gauges): void {
    const life = this.#newLife(end, gauges, this.#ledger)
    this.#present = life
    // Drop the requests that reopened sources in an earlier life; this life gets new ones.
    this.#ledger.drop(
      ({ options }) => options?.source !== undefined && this.#sources.isOpen(options.source.id),
    )
    const missed = this.#sources.renew()
    for (const source of missed) this.#restorer.restore(source, life.number)
    this.#reportMissed(missed)
    this.#ledger.release()
    life.begin()
  }

  /** Takes the current life away, because it has died. @param reason part of the callers' errors */
  detach(reason: string): void {
    const life = this.#present
    if (life === undefined) return
    // Receives the batches that the actor sent before it died.
    life.close()
    if (this.#successor?.life === life) {
      // It has been told that the host has received what it had delivered.
      this.#successor = undefined
      this.#sources.move()
    }
    this.#present = undefined
    this.#ledger.crashed(life.gauges, reason)
  }

  /** Closes all lives. */
  close(): void {
    for (const life of this.#all) life.close()
    this.#successor?.discard()
    this.#present = undefined
  }

  /**
   * Prepares a life that is to take the place of the current one.
   * @param committed called when it does
   */
  prepare(end: ChannelEnd, gauges: Gauges, actor: Addressed, committed: () => void): SuccessorAddress {
    const ledger = this.#heldLedger(actor)
    const life = this.#newLife(end, gauges, ledger)
    const successor = new Successor(life, this.#sources, actor.settings.name)
    this.#successor = successor
    life.begin()
    return {
      get fault() {
        return successor.fault
      },
      opened: () => successor.opened(),
      discard: () => {
        if (this.#successor !== successor) return
        this.#successor = undefined
        successor.discard()
      },
      commit: () => {
        successor.closeUnwanted()
        committed()
        this.#actor = actor
        return this.#replace(ledger, life)
      },
    }
  }

  /**
   * Takes the traffic from the current life: requests wait until the next life is attached. They are accepted by the
   * settings of the current one, because the next may never be ready.
   */
  withdraw(actor: Addressed, isResumed: boolean): PredecessorAddress {
    this.#isResumed &&= isResumed
    return this.#replace(this.#heldLedger(actor), undefined)
  }

  get #all(): readonly ActorLife[] {
    const lives = [this.#present, ...[...this.#predecessors].map(({ life }) => life)]
    return lives.filter((life) => life !== undefined)
  }

  /** A ledger that posts user requests when it is released. */
  #heldLedger(actor: Addressed): Ledger {
    const ledger = this.#parts.makeLedger(actor)
    ledger.hold()
    return ledger
  }

  #newLife(end: ChannelEnd, gauges: Gauges, ledger: Ledger): ActorLife {
    return new ActorLife(++this.#count, end, gauges, ledger, this.#parts.turn, {
      run: (run, names, from) => {
        if (this.#successor?.life === from && this.#successor.hold(run, names)) return
        if (this.#sources.deliver(run, names, from.number, !from.isRetired)) from.nudge()
      },
      notice: (notice, from) => this.#notice(notice, from),
    })
  }

  #notice(notice: ActorNotice, from: ActorLife): void {
    if (this.#successor?.life === from && this.#successor.notice(notice, from === this.#present)) return
    this.#parts.notice(notice, from === this.#present)
  }

  /** Moves the traffic to another ledger. @param life the successor; if absent, requests wait for the next one */
  #replace(ledger: Ledger, life: ActorLife | undefined): PredecessorAddress {
    const earlier = this.#present
    const predecessor = { life: earlier, ledger: this.#ledger }
    const moved = this.#ledger.takeMovable()
    for (const request of moved) this.#renewSource(request)
    this.#ledger = ledger
    ledger.adopt(moved)
    this.#predecessors.add(predecessor)
    this.#present = life
    const finished = () => {
      earlier?.retire()
      if (life !== undefined && this.#successor?.life === life) this.#takeOver(life, earlier === undefined)
    }
    return {
      answered: (ms) => predecessor.ledger.drained(ms, needsAnswer),
      ordered: (ms) => predecessor.ledger.drained(ms, precedesSuccessor),
      finished,
      release: () => ledger.release(),
      end: (reason) => {
        if (!this.#predecessors.delete(predecessor)) return
        earlier?.close()
        finished()
        predecessor.ledger.crashed(earlier?.gauges ?? new Gauges(), reason, this.#ledger)
        ledger.release()
      },
    }
  }

  /** Gives the source that a request opens a credit of its own, because another life opens it. */
  #renewSource(request: Request): void {
    const { source } = request.options ?? {}
    const asked = source && this.#sources.renewAsked(source.id)
    if (asked !== undefined) request.options = { ...request.options, source: asked }
  }

  #reportMissed(sources: readonly HostSource[]): void {
    for (const source of sources) this.#parts.missed(source, this.#isResumed)
    this.#isResumed = true
  }

  /** Lets the successor deliver, because the predecessor has delivered all of its messages. */
  #takeOver(life: ActorLife, hasGap: boolean): void {
    this.#successor = undefined
    if (hasGap) this.#reportMissed(this.#sources.openSources)
    for (const source of this.#sources.move()) this.#restorer.restore(source, life.number)
    life.nudge()
  }
}
