import type { ConnectionError } from '../../core/errors/connection.js'
import type { Channel } from './channel.js'

/** Holds the channels of a connection. The connection is lost when any of them is. */
export class ChannelPool {
  readonly #channels: readonly [Channel, ...Channel[]]
  #state: 'up' | 'over' = 'up'

  private constructor(channels: readonly [Channel, ...Channel[]]) {
    this.#channels = channels
  }

  /**
   * Opens all channels.
   * @param make makes a channel; called `size` times
   * @param lost called once when a channel loses its connection; not called after `close`
   * @throws ConnectionError, or the signal's reason
   */
  static async open(
    make: () => Channel,
    size: number,
    signal: AbortSignal,
    lost: (error: ConnectionError) => void,
  ): Promise<ChannelPool> {
    const channels = Array.from({ length: size }, make) as [Channel, ...Channel[]]
    const pool = new ChannelPool(channels)
    try {
      await Promise.all(channels.map((channel) => channel.ready(signal)))
    } catch (error) {
      pool.close()
      throw error
    }
    for (const channel of channels)
      channel.watch((error) => {
        if (pool.#state === 'over') return
        pool.#state = 'over'
        lost(error)
      })
    return pool
  }

  /** Returns the channel with the fewest calls in flight. */
  leastBusy(): Channel {
    let found = this.#channels[0]
    for (const channel of this.#channels) if (channel.inFlight < found.inFlight) found = channel
    return found
  }

  get channels(): readonly Channel[] {
    return this.#channels
  }

  /** Whether no call is in flight on any channel. */
  get isIdle(): boolean {
    return this.#channels.every(({ inFlight }) => inFlight === 0)
  }

  get isReady(): boolean {
    return this.#channels.every(({ isReady }) => isReady)
  }

  close(): void {
    this.#state = 'over'
    for (const channel of this.#channels) channel.close()
  }
}
