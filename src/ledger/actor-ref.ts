import type { Capability } from '../core/capability.js'
import type { Clock } from '../core/clock.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import { CancelledError, SerializeError } from '../core/errors/operation.js'
import type { Capacity } from '../core/overflow.js'
import type { ActorAddress, AddressEvents, Addressed } from '../mailbox/actor-address.js'
import { Channel, type ChannelEnd } from '../mailbox/channel.js'
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
import { NameReader } from '../mailbox/names.js'
import type { ActorBatch, ActorNotice, RequestBatch, RequestOptions } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import { traitsOf, type Verb } from '../mailbox/verbs.js'
import { type HostSource, HostSources, specOf, windowOf } from './host-sources.js'
import { Ledger } from './ledger.js'
import { type Intake, openCircuit, refusalOf } from './refusals.js'
import { SourceRestorer } from './source-restorer.js'

interface Present {
  readonly kind: 'present'
  readonly life: number
  readonly channel: Channel<RequestBatch, ActorBatch>
  readonly gauges: Gauges
}

type State =
  | Present
  /** Not started yet, or dead and to be restarted: requests wait. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped' }

/** The stable address of one integration over all lives of its actor. Passes requests and sources on to each life. */
export class ActorRef implements IntegrationMail, ActorAddress {
  readonly name: string
  readonly type: string
  readonly window: Capacity
  readonly mailbox: Capacity
  readonly formats: readonly string[]
  readonly timeoutMs: number
  readonly #capabilities: readonly Capability[]
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #events: AddressEvents
  readonly #ledger: Ledger
  readonly #sources = new HostSources()
  readonly #restorer: SourceRestorer
  readonly #keepsSession: boolean
  readonly #defaultQos: number
  #state: State = { kind: 'absent' }
  #intake: Intake = 'open'
  #lives = 0
  /** Why the connection was lost or could not be made; `undefined` while connected. */
  #connectionFault: Error | undefined

  constructor(
    { settings, protocol, poisonThreshold, keepsSession }: Addressed,
    clock: Clock,
    turn: Turn,
    events: AddressEvents,
  ) {
    this.name = settings.name
    this.type = protocol.name
    this.window = windowOf(settings.mailbox)
    this.mailbox = settings.mailbox
    this.formats = protocol.formats
    this.timeoutMs = settings.timeoutMs
    this.#capabilities = protocol.capabilities
    this.#keepsSession = keepsSession === true
    this.#defaultQos = Number(settings.config.qos ?? 0)
    this.#clock = clock
    this.#turn = turn
    this.#events = events
    this.#ledger = new Ledger(settings, poisonThreshold, clock, {
      settledFirst: (seq, verb) => this.#endAtActor(seq, verb),
      connectionFault: () => this.#connectionFault,
      expiring: () => this.#present?.channel.pullAll(),
      poison: (entry, reason) => events.poison(entry, entry.deaths, reason),
    })
    this.#restorer = new SourceRestorer({
      clock,
      ledger: this.#ledger,
      sources: this.#sources,
      isCurrent: (life) => this.#present?.life === life,
    })
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    return this.#ledger.depth
  }

  supports(capability: Capability): boolean {
    return this.#capabilities.includes(capability)
  }

  request(
    verb: Verb,
    target: string,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<unknown> {
    const refused = this.#refusal(verb, limits?.signal)
    if (refused !== undefined) return this.#ledger.refuse(refused)
    try {
      return this.#ledger.enter(verb, target, value, options, limits)
    } catch (error) {
      // A getter or proxy in the value may throw when its size is estimated.
      const reason = `the value cannot be read: ${messageOf(error)}`
      return this.#ledger.refuse(new SerializeError(reason, { integration: this.name }))
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
        if (source.credit.giver.give(messages, bytes)) this.#present?.channel.nudge()
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
    if (this.#state.kind === 'stopped') throw new ShutdownError({ integration: this.name })
    if (this.#present?.life !== life) return false
    return (await this.request(verb, '', value, options, limits)) as boolean
  }

  attach(end: ChannelEnd, gauges: Gauges): void {
    const names = new NameReader()
    const life = ++this.#lives
    const channel = new Channel<RequestBatch, ActorBatch>(end, this.#turn, (batch) =>
      this.#receive(batch, names, life),
    )
    this.#state = { kind: 'present', life, channel, gauges }
    // Drop the requests that reopened sources in an earlier life; this life gets new ones.
    this.#ledger.drop(
      ({ options }) => options?.source !== undefined && this.#sources.isOpen(options.source.id),
    )
    for (const source of this.#sources.renew()) {
      this.#restorer.restore(source, life)
      this.#reportGap(source)
    }
    this.#ledger.attach(channel)
  }

  detach(reason: string): void {
    const present = this.#present
    if (present === undefined) return
    // Receive the batches that the actor sent before it died.
    present.channel.pullAll()
    present.channel.close()
    this.#state = { kind: 'absent' }
    this.#ledger.crashed(present.gauges, reason)
  }

  fail(reason: string): void {
    this.detach(reason)
    this.#state = { kind: 'failed', reason }
    this.#end(() => new ActorCrashedError(reason, false, { integration: this.name, retryable: false }))
  }

  stop(): void {
    if (this.#state.kind === 'stopped') return
    const present = this.#present
    present?.channel.pullAll()
    present?.channel.close()
    this.#state = { kind: 'stopped' }
    this.#end(() => new ShutdownError({ integration: this.name }))
  }

  abandon(): void {
    this.#ledger.abandon(({ traits }) => !traits.settles)
  }

  startDraining(): void {
    if (this.#intake !== 'open') return
    this.#intake = 'draining'
    this.#ledger.abandon(({ traits }) => traits.isOpenEnded)
    // Detach before handlers give messages back; otherwise the broker would deliver those again.
    if (this.#present !== undefined) this.request('detach', '', undefined).catch(() => {})
    this.#sources.drain(new ShutdownError({ integration: this.name }))
  }

  closeIntake(): void {
    this.startDraining()
    this.#intake = 'closed'
  }

  get isOpen(): boolean {
    return this.#intake === 'open'
  }

  drained(ms: number): Promise<void> {
    return this.#ledger.drained(ms)
  }

  /**
   * Reports that messages published without an actor are missing, unless the broker keeps them for the subscription.
   */
  #reportGap({ verb, target, wanted }: HostSource): void {
    if (verb !== 'subscribe' || (this.#keepsSession && (wanted.qos ?? this.#defaultQos) > 0)) return
    const reason = 'the actor was restarted; messages published in the meantime are missing'
    this.#events.notice({ kind: 'gap', topic: target, lost: 0, reason })
  }

  get #present(): Present | undefined {
    return this.#state.kind === 'present' ? this.#state : undefined
  }

  /** Why a request is not accepted; `undefined` if it is. */
  #refusal(verb: Verb, signal: AbortSignal | undefined): Error | undefined {
    const integration = this.name
    const traits = traitsOf(verb)
    const refusal = refusalOf(traits, this.#intake, this.#state, integration)
    if (refusal !== undefined) return refusal
    if (signal?.aborted) return new CancelledError({ integration, cause: signal.reason })
    if (traits.settles) return undefined
    const open = openCircuit(this.#present?.gauges, this.#clock, integration)
    if (open !== undefined) return open
    // System requests have a separate lane, so that a full mailbox cannot end the subscriptions of a crashed actor.
    if (traits.isSystem || this.#ledger.hasRoom) return undefined
    return this.#ledger.makeRoom(this.#present?.gauges.connection === 'connected')
  }

  #receive(batch: ActorBatch, names: NameReader, life: number): void {
    names.learn(batch.names)
    this.#ledger.settle(batch, life)
    if (batch.runs !== undefined)
      for (const run of batch.runs)
        if (this.#sources.deliver(run, names, life)) this.#present?.channel.nudge()
    if (batch.notices !== undefined) for (const notice of batch.notices) this.#notice(notice)
  }

  #notice(notice: ActorNotice): void {
    if (notice.kind === 'source-ended') this.#sources.end(notice.source, decodeError(notice.error, this.name))
    else if (notice.kind === 'dropped') this.#sources.dropped(notice.source, notice.dropped)
    else {
      if (notice.kind === 'connection') this.#connectionChanged(notice)
      this.#events.notice(notice)
    }
  }

  #connectionChanged({ state, error }: Extract<ActorNotice, { kind: 'connection' }>): void {
    if (state === 'connected') this.#connectionFault = undefined
    else if (error !== undefined) this.#connectionFault = decodeError(error, this.name)
  }

  #end(error: () => Error): void {
    this.#ledger.close(error)
    this.#sources.endAll(error())
  }

  async #close(source: HostSource): Promise<void> {
    if (!this.#sources.close(source)) return
    // During a shutdown the source was detached: the broker keeps its subscription or consumer.
    if (this.#present !== undefined && this.#intake === 'open')
      await this.request('unsubscribe', source.target, source.id).catch(() => {})
    this.#sources.remove(source)
  }

  /** Tells the actor to end a request whose caller no longer waits. */
  #endAtActor(seq: number, verb: 'cancel' | 'expire'): void {
    if (this.#present !== undefined) this.request(verb, '', seq).catch(() => {})
  }
}
