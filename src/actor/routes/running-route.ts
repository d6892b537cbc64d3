import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import type { Capacity } from '../../core/overflow.js'
import { RoomWait } from '../../core/room-wait.js'
import type { RouteSettings } from '../../core/settings/route.js'
import type { RouteGauges } from '../../mailbox/route-gauges.js'
import type { JoinLink, LinkPurpose } from '../../mailbox/route-link.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { Hold } from '../hold.js'
import { unlessSeen } from './idempotency.js'
import { type LetterDependencies, Letters } from './letters.js'
import type { RouteIntake, SourceHandle } from './make-source.js'
import { Outlet } from './outlet.js'
import { Passing } from './passing.js'
import type { Received } from './received.js'
import { type Forward, Route } from './route.js'
import type { RouteBuffer } from './route-buffer.js'
import type { KeyStore, SeenKeys } from './seen-keys.js'
import { admittance } from './topic-overflow.js'
import type { Transforming } from './transforming.js'

/** The source is resumed when no more than this share of the window is in use. */
const RESUME_AT = 0.5

export interface RunningRouteDependencies {
  readonly settings: RouteSettings
  readonly clock: Clock
  readonly budget: ByteBudget
  readonly gauges: RouteGauges
  readonly outbox: LetterDependencies['outbox']
  readonly format: WireFormat
  /** How much of a topic may wait for the sink. */
  readonly capacity: Capacity
  /** Whether holding the source back also blocks other users of its connection. */
  readonly blocksOthers: () => boolean
  readonly seen: SeenKeys | undefined
  readonly keyStore: KeyStore | undefined
}

/**
 * A route in the actor of its source. Messages pass through these stages: idempotency, buffer, transforms, the outlet
 * to the sink. The source is settled when the last stage that a message has reached has accepted it.
 */
export class RunningRoute implements RouteIntake {
  readonly settings: RouteSettings
  readonly #parts: RunningRouteDependencies
  readonly #outlet: Outlet
  readonly #letterOutlet: Outlet | undefined
  readonly #letters: Letters
  readonly #route: Route
  readonly #hold: Hold
  readonly #roomWait = new RoomWait(() => this.#changed())
  #handle: SourceHandle | undefined
  #buffer: RouteBuffer | undefined
  #transforming: Transforming | undefined
  #isHeld = false
  #isStopping = false

  constructor(parts: RunningRouteDependencies) {
    const { settings, clock, budget, gauges, outbox, format } = parts
    this.settings = settings
    this.#parts = parts
    const window = { messages: settings.window, bytes: settings.windowBytes }
    const outlet = (integration: string) =>
      new Outlet({
        clock,
        budget,
        window,
        integration,
        onChange: () => this.#changed(),
        onResent: (count) => gauges.count('resent', count),
      })
    const { deadLetter } = settings
    this.#outlet = outlet(settings.to.integration)
    this.#letterOutlet = deadLetter && outlet(deadLetter.integration)
    this.#letters = new Letters({
      route: settings.name,
      sink: deadLetter,
      outlet: this.#letterOutlet,
      outbox,
      gauges,
      now: () => clock.now(),
    })
    this.#route = new Route({ settings, clock, outlet: this.#outlet, format })
    this.#hold = new Hold(clock, parts.blocksOthers, () => this.#handle?.resume())
  }

  /** Connects the stages that need the route themselves. */
  attach(
    handle: SourceHandle,
    transforming: Transforming | undefined,
    buffer: RouteBuffer | undefined,
  ): void {
    this.#handle = handle
    this.#transforming = transforming
    this.#buffer = buffer
  }

  /** Resolves when its source has been opened. */
  get opened(): Promise<void> {
    return this.#handle!.opened
  }

  join(link: JoinLink): void {
    const outlet = link.purpose === 'to' ? this.#outlet : this.#letterOutlet
    outlet?.join(link)
  }

  part(purpose: LinkPurpose): void {
    const outlet = purpose === 'to' ? this.#outlet : this.#letterOutlet
    outlet?.part()
  }

  receive(received: Received): boolean {
    const { gauges } = this.#parts
    gauges.count('received')
    if (this.#isStopping) {
      received.source?.returned()
      return true
    }
    const known = unlessSeen(received, this.#parts, this.#route)
    if (known === undefined) return true
    if (known.source === undefined && !this.#admits()) return true
    if (this.#buffer === undefined) this.pass(known)
    else this.#buffer.store(known)
    return this.#holdBack(known)
  }

  defective(received: Received, error: Error): void {
    this.#parts.gauges.count('received')
    this.#letters.write(received, error, received.delivery?.attempt ?? 1)
  }

  lost(count: number): void {
    this.#parts.gauges.count('dropped', count)
  }

  /** Passes a message to the transforms and the sink. */
  pass(received: Received): void {
    if (this.#transforming === undefined) this.send(new Passing(received, this))
    else this.#transforming.push(received)
  }

  /** Sends a message to the sink. */
  send(forward: Forward): void {
    this.#route.forward(forward)
    this.#measure()
  }

  /** What transforms see of a message. @throws SerializeError */
  envelope(received: Received) {
    return this.#route.envelope(received)
  }

  /** The sink has accepted a message. */
  routed(received: Received, result: unknown): void {
    this.#parts.gauges.count('routed')
    received.source?.accepted(result)
  }

  filtered(received: Received): void {
    this.#parts.gauges.count('filtered')
    received.source?.accepted(undefined)
  }

  /** A message cannot be delivered. */
  failed(received: Received, error: Error): void {
    this.#letters.write(received, error, this.settings.to.maxAttempts)
  }

  /** How many messages more the sink may get now. */
  get room(): Capacity {
    const { window, windowBytes } = this.settings
    return { messages: window - this.#outlet.size, bytes: windowBytes - this.#outlet.bytes }
  }

  /** Gives back what has not been sent, because the connection of the source is lost. */
  disconnected(): void {
    this.#hold.reset()
    this.#isHeld = false
    // What is in a buffer stays valid.
    if (this.#buffer !== undefined) return
    this.#transforming?.reset()
    if (this.settings.from.kind !== 'topic') this.#outlet.returnUnsent()
  }

  /**
   * Takes no more messages. Resolves when none is on its way: the sink has settled it, or it went back to a source that
   * keeps it.
   */
  async drain(): Promise<void> {
    this.#isStopping = true
    await this.#buffer?.secured()
    this.#transforming?.close()
    await Promise.all([this.#outlet.drained(), this.#letterOutlet?.drained()])
  }

  /** Gives everything back that has not been settled. Never rejects. */
  async close(): Promise<void> {
    this.#isStopping = true
    this.#transforming?.close()
    this.#hold.reset()
    this.#outlet.close()
    this.#letterOutlet?.close()
    await this.#buffer?.close()
    await this.#parts.keyStore?.close()
  }

  /** Whether there is room for a message that its broker has forgotten. */
  #admits(): boolean {
    const { settings, capacity, budget, gauges } = this.#parts
    const { size, bytes } = this.#buffer?.unsafe ?? this.#outlet
    const verdict = admittance(
      settings.overflow,
      capacity,
      { size, bytes, isMemoryFull: budget.isFull },
      this.#hold,
    )
    if (verdict === 'admit') return true
    gauges.count('dropped')
    if (this.#buffer !== undefined) return false
    return verdict === 'drop-oldest' && this.#outlet.dropOldest() !== undefined
  }

  /** @returns false if the source must be held back */
  #holdBack({ source }: Received): boolean {
    if (this.#hasRoom) return true
    if (this.#parts.budget.isFull) this.#roomWait.start(this.#parts.budget)
    if (source !== undefined) {
      // A broker that waits for acknowledgements stops by itself. Holding it back would stop other subscriptions too.
      if (this.settings.from.kind === 'topic' && !this.#isOverCapacity) return true
      this.#isHeld = true
      return false
    }
    return this.settings.overflow !== 'block' || !this.#hold.fill()
  }

  get #isOverCapacity(): boolean {
    const { capacity, budget } = this.#parts
    const { size, bytes } = this.#outlet
    return budget.isFull || size >= capacity.messages || bytes >= capacity.bytes
  }

  get #hasRoom(): boolean {
    if (this.#buffer !== undefined) return this.#buffer.hasRoom
    const { messages, bytes } = this.room
    return messages > 0 && bytes > 0 && !this.#parts.budget.isFull && this.#transforming?.isFull !== true
  }

  /** Called when the sink has settled messages, and when there is memory again. */
  #changed(): void {
    this.#measure()
    this.#buffer?.roomChanged()
    const { messages, bytes } = this.room
    const { window, windowBytes } = this.settings
    const isTight = messages < window * RESUME_AT || bytes < windowBytes * RESUME_AT
    if (!this.#hasRoom || (isTight && this.#buffer === undefined)) return
    this.#hold.empty()
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#handle?.resume()
  }

  /** The transforms have room again. */
  roomAgain(): void {
    this.#changed()
  }

  #measure(): void {
    const { gauges } = this.#parts
    gauges.set('waiting', this.#outlet.size)
    gauges.set('waitingBytes', this.#outlet.bytes)
  }
}
