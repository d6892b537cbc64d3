import type { Capability } from '../core/capability.js'
import type { Clock } from '../core/clock.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import { CancelledError, SerializeError } from '../core/errors/operation.js'
import type { Capacity } from '../core/overflow.js'
import type {
  ActorAddress,
  AddressEvents,
  Addressed,
  PredecessorAddress,
  SourceLoad,
  SuccessorAddress,
} from '../mailbox/actor-address.js'
import type { ChannelEnd } from '../mailbox/channel.js'
import { decodeError, messageOf } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type {
  IntegrationMail,
  OpenSource,
  RequestLimits,
  SettlingVerb,
  SourceHandler,
  SourceRequest,
} from '../mailbox/integration-mail.js'
import type { ActorNotice, RequestOptions } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import { traitsOf, type Verb } from '../mailbox/verbs.js'
import { gapOf } from './gap.js'
import { type HostSource, HostSources, specOf, windowOf } from './host-sources.js'
import { Ledger } from './ledger.js'
import { Lives } from './lives.js'
import { type Intake, openCircuit, refusalOf } from './refusals.js'
import type { Request } from './request.js'

/**
 * The stable address of one integration over all lives of its actor. Passes requests and sources on to each life. Its
 * settings change when a reload replaces the actor.
 */
export class ActorRef implements IntegrationMail, ActorAddress {
  readonly #clock: Clock
  readonly #events: AddressEvents
  readonly #sources = new HostSources()
  readonly #lives: Lives
  #intake: Intake = 'open'
  /** Why there will be no further life. */
  #ended: { readonly kind: 'failed'; readonly reason: string } | { readonly kind: 'stopped' } | undefined
  /** Why the connection was lost or could not be made; `undefined` while connected. */
  #connectionFault: Error | undefined
  #isRemoved = false

  constructor(actor: Addressed, clock: Clock, turn: Turn, events: AddressEvents) {
    this.#clock = clock
    this.#events = events
    const origin = { at: clock.monotonic(), operations: 0 }
    const ledgerEvents = {
      connectionFault: () => this.#connectionFault,
      expiring: () => this.#lives.pullAll(),
      poison: (entry: Request, reason: string) => events.poison(entry, entry.deaths, reason),
    }
    this.#lives = new Lives(actor, {
      clock,
      turn,
      sources: this.#sources,
      makeLedger: ({ settings, poisonThreshold }) =>
        new Ledger(settings, poisonThreshold, clock, ledgerEvents, origin),
      notice: (notice, isPresent) => this.#notice(notice, isPresent),
      missed: (source, isResumed) => {
        const gap = gapOf(source, this.#lives.actor, isResumed)
        if (gap !== undefined) events.notice(gap)
      },
    })
  }

  get name(): string {
    return this.#lives.actor.settings.name
  }

  get type(): string {
    return this.#lives.actor.protocol.name
  }

  get window(): Capacity {
    return windowOf(this.#lives.actor.settings.mailbox)
  }

  get mailbox(): Capacity {
    return this.#lives.actor.settings.mailbox
  }

  get formats(): readonly string[] {
    return this.#lives.actor.protocol.formats
  }

  get timeoutMs(): number {
    return this.#lives.actor.settings.timeoutMs
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    const { waiting } = this.#lives.ledger.depth
    return { waiting, posted: this.#lives.ledgers.reduce((sum, { depth }) => sum + depth.posted, 0) }
  }

  get load(): SourceLoad {
    return this.#sources.load
  }

  get connectionFault(): Error | undefined {
    return this.#connectionFault
  }

  supports(capability: Capability): boolean {
    return this.#lives.actor.protocol.capabilities.includes(capability)
  }

  request(
    verb: Verb,
    target: string,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<unknown> {
    const refused = this.#refusal(verb, limits?.signal)
    if (refused !== undefined) return this.#lives.ledger.refuse(refused)
    try {
      return this.#lives.ledger.enter(verb, target, value, options, limits)
    } catch (error) {
      // A getter or proxy in the value may throw when its size is estimated.
      const reason = `the value cannot be read: ${messageOf(error)}`
      return this.#lives.ledger.refuse(new SerializeError(reason, { integration: this.name }))
    }
  }

  async open(
    verb: 'subscribe' | 'consume' | 'serve' | 'collect',
    target: string,
    wanted: SourceRequest,
    handler: SourceHandler,
    limits?: RequestLimits,
  ): Promise<OpenSource> {
    const source = this.#sources.add(verb, target, wanted, handler)
    try {
      await this.request(verb, target, undefined, { source: specOf(source) }, limits)
    } catch (error) {
      void this.#close(source)
      throw error
    }
    if (source.state === 'asked') source.state = 'open'
    return {
      credit: (messages, bytes) => {
        if (source.credit.giver.give(messages, bytes)) this.#lives.nudge()
      },
      close: () => this.#close(source),
      id: source.id,
    }
  }

  async settle(
    verb: SettlingVerb,
    life: number,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<boolean> {
    if (this.#ended?.kind === 'stopped') throw this.#shutDown()
    const { present } = this.#lives
    if (present?.number === life) return (await this.request(verb, '', value, options, limits)) as boolean
    const ledger = this.#lives.ledgerOf(life)
    if (ledger === undefined) return false
    return (await ledger.enter(verb, '', value, options, limits)) as boolean
  }

  attach(end: ChannelEnd, gauges: Gauges): void {
    this.#reopen()
    this.#lives.attach(end, gauges)
  }

  prepare(end: ChannelEnd, gauges: Gauges, actor: Addressed): SuccessorAddress {
    return this.#lives.prepare(end, gauges, actor, () => this.#reopen())
  }

  withdraw(actor: Addressed, isResumed: boolean): PredecessorAddress {
    this.#reopen()
    return this.#lives.withdraw(actor, isResumed)
  }

  configure(actor: Addressed): void {
    this.#lives.configure(actor)
  }

  detach(reason: string): void {
    this.#lives.detach(reason)
  }

  fail(reason: string): void {
    this.detach(reason)
    this.#ended = { kind: 'failed', reason }
    this.#end(() => new ActorCrashedError(reason, false, { integration: this.name, retryable: false }))
  }

  stop(): void {
    if (this.#ended?.kind === 'stopped') return
    this.#lives.close()
    this.#ended = { kind: 'stopped' }
    this.#end(() => this.#shutDown())
  }

  abandon(): void {
    for (const ledger of this.#lives.ledgers)
      ledger.abandon(({ traits }) => !traits.settles, this.#shutDown())
  }

  startDraining(): void {
    if (this.#intake !== 'open') return
    this.#intake = 'draining'
    for (const ledger of this.#lives.ledgers)
      ledger.abandon(({ traits }) => traits.isOpenEnded, this.#shutDown())
    // Detach before handlers give messages back; otherwise the broker would deliver those again.
    if (this.#lives.present !== undefined) this.request('detach', '', undefined).catch(() => {})
    this.#sources.drain(this.#shutDown())
  }

  closeIntake(): void {
    this.startDraining()
    this.#intake = 'closed'
  }

  remove(): void {
    this.#isRemoved = true
    this.closeIntake()
  }

  get isOpen(): boolean {
    return this.#intake === 'open'
  }

  async drained(ms: number): Promise<void> {
    await Promise.all(this.#lives.ledgers.map((ledger) => ledger.drained(ms)))
  }

  #shutDown(): ShutdownError {
    const removed = this.#isRemoved ? `"${this.name}" has been removed from the configuration` : undefined
    return new ShutdownError({ integration: this.name }, removed)
  }

  /** Why a request is not accepted; `undefined` if it is. */
  #refusal(verb: Verb, signal: AbortSignal | undefined): Error | undefined {
    const integration = this.name
    const traits = traitsOf(verb)
    const refusal = refusalOf(traits, this.#intake, this.#ended, integration, () => this.#shutDown())
    if (refusal !== undefined) return refusal
    if (signal?.aborted) return new CancelledError({ integration, cause: signal.reason })
    if (traits.settles) return undefined
    const open = openCircuit(this.#lives.present?.gauges, this.#clock, integration)
    if (open !== undefined) return open
    // System requests have a separate lane, so that a full mailbox cannot end the subscriptions of a crashed actor.
    if (traits.isSystem || this.#lives.ledger.hasRoom) return undefined
    return this.#lives.ledger.makeRoom(this.#lives.present?.gauges.connection === 'connected')
  }

  /** Accepts requests again, because a failed actor gets another life. */
  #reopen(): void {
    if (this.#ended?.kind === 'failed') this.#ended = undefined
  }

  #notice(notice: ActorNotice, isPresent: boolean): void {
    if (notice.kind === 'source-ended') {
      if (isPresent) this.#sources.end(notice.source, decodeError(notice.error, this.name))
      return
    }
    if (notice.kind === 'dropped') {
      if (isPresent) this.#sources.dropped(notice.source, notice.dropped)
      return
    }
    const isOfConnection = notice.kind === 'connection' || notice.kind === 'breaker'
    if (isOfConnection && !isPresent) return
    if (notice.kind === 'connection') this.#connectionChanged(notice)
    this.#events.notice(notice)
  }

  #connectionChanged({ state, error }: Extract<ActorNotice, { kind: 'connection' }>): void {
    if (state === 'connected') this.#connectionFault = undefined
    else if (error !== undefined) this.#connectionFault = decodeError(error, this.name)
  }

  #end(error: () => Error): void {
    for (const ledger of this.#lives.ledgers) ledger.close(error)
    this.#sources.endAll(error())
  }

  async #close(source: HostSource): Promise<void> {
    if (!this.#sources.close(source)) return
    // During a shutdown the source was detached: the broker keeps its subscription or consumer.
    if (this.#lives.present !== undefined && this.#intake === 'open')
      await this.request('unsubscribe', source.target, source.id).catch(() => {})
    this.#sources.remove(source)
  }
}
