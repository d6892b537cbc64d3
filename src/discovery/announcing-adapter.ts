import { isIPv6 } from 'node:net'
import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import { every, type Timer } from '../core/clock.js'
import type { AnnounceSettings } from '../core/discovery.js'
import { withDeadline } from '../resilience/deadline.js'
import { announce, withdraw } from './registry.js'

/** Announcements per TTL: two may fail before an address expires. */
const TIMES_PER_TTL = 3
/** How long withdrawing from the registry may take, in milliseconds. */
const WITHDRAW_TIMEOUT_MS = 500

/** Wraps adapters so that they announce their address, if the settings say so. */
export function announcing(makeAdapter: AdapterFactory): AdapterFactory {
  return (context) => {
    const inner = makeAdapter(context)
    const settings = context.settings.announce
    return settings === undefined ? inner : new Announcing(inner, context, settings).adapter
  }
}

/** Announces the address of a server while it listens. Failures are logged and retried. */
class Announcing {
  readonly adapter: ProtocolAdapter
  readonly #inner: ProtocolAdapter
  readonly #context: AdapterContext
  readonly #settings: AnnounceSettings
  #timer: Timer | undefined
  #announced: string | undefined
  /** The announcement in flight, which must not reach the registry after the withdrawal. */
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
    // Withdraw the address before closing connections, so that no new clients come.
    if (address !== undefined) {
      const withdrawal = async (signal: AbortSignal) => {
        await this.#announcing
        await withdraw(this.#settings.registry, address, signal)
      }
      await this.#within(WITHDRAW_TIMEOUT_MS, withdrawal)
    }
    await this.#inner.disconnect()
  }

  async #announce(): Promise<void> {
    const { registry, ttlMs, host } = this.#settings
    const { listening } = this.#inner
    // The server may have stopped during an earlier announcement.
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
        message: `cannot update the registry of this server: ${(error as Error).message}`,
      })
    }
  }
}
