import { isIPv6 } from 'node:net'
import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../core/adapter.js'
import { every, type Timer } from '../core/clock.js'
import type { AnnounceSettings } from '../core/discovery.js'
import { withDeadline } from '../resilience/deadline.js'
import { announce, withdraw } from './registry.js'

/** Announced so often that two may fail before an address is gone. */
const TIMES_PER_TTL = 3
/** How long a registry may take to forget us before we leave. */
const FAREWELL_MS = 500

/** Adapters that listen and announce where, where the settings say so; else as they are. */
export function announcing(makeAdapter: AdapterFactory): AdapterFactory {
  return (context) => {
    const inner = makeAdapter(context)
    const settings = context.settings.announce
    return settings === undefined ? inner : new Announcing(inner, context, settings).adapter
  }
}

/** Announces where a server listens for as long as it does. What fails is logged, and tried again soon. */
class Announcing {
  readonly adapter: ProtocolAdapter
  readonly #inner: ProtocolAdapter
  readonly #context: AdapterContext
  readonly #settings: AnnounceSettings
  #timer: Timer | undefined
  #announced: string | undefined
  /** The announcement under way, which must not reach the registry after the withdrawal. */
  #announcing: Promise<void> = Promise.resolve()

  constructor(inner: ProtocolAdapter, context: AdapterContext, settings: AnnounceSettings) {
    this.#inner = inner
    this.#context = context
    this.#settings = settings
    this.adapter = {
      protocol: inner.protocol,
      get listening() {
        return inner.listening
      },
      connect: (signal) => this.#connect(signal),
      disconnect: () => this.#disconnect(),
      ...(inner.ping && { ping: (signal: AbortSignal) => inner.ping!(signal) }),
      ...(inner.service && { service: inner.service }),
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    await this.#inner.connect(signal)
    this.#timer?.cancel()
    const announceNow = () => {
      this.#announcing = this.#announcing.then(() => this.#announce())
    }
    this.#timer = every(this.#context.clock, this.#settings.ttlMs / TIMES_PER_TTL, announceNow, {
      background: true,
    })
    announceNow()
  }

  async #disconnect(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const address = this.#announced
    this.#announced = undefined
    // First nobody else is sent here, then those who are here are let go.
    if (address !== undefined) {
      const farewell = async (signal: AbortSignal) => {
        await this.#announcing
        await withdraw(this.#settings.registry, address, signal)
      }
      await this.#within(FAREWELL_MS, farewell)
    }
    await this.#inner.disconnect()
  }

  async #announce(): Promise<void> {
    const { registry, ttlMs, host } = this.#settings
    const { listening } = this.#inner
    // It may have been withdrawn while an earlier announcement was under way.
    if (listening === undefined || this.#timer === undefined) return
    const name = host ?? listening.address
    const address = `${isIPv6(name) ? `[${name}]` : name}:${listening.port}`
    this.#announced = address
    await this.#within(ttlMs / TIMES_PER_TTL, (signal) => announce(registry, address, ttlMs, signal))
  }

  async #within(ms: number, task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, log } = this.#context
    try {
      await withDeadline(({ signal }) => task(signal), {
        clock,
        deadline: clock.monotonic() + ms,
        operation: 'announce',
      })
    } catch (error) {
      log({
        level: 'warn',
        message: `the registry was not told where this server is: ${(error as Error).message}`,
      })
    }
  }
}
