import { Client, type ClientOptions, connectivityState, Metadata } from '@grpc/grpc-js'
import { ConnectionError } from '../../core/errors/connection.js'
import { identity } from './bytes.js'
import { connectFailure } from './connect-failure.js'
import type { Credentials } from './credentials.js'
import type { Target } from './target.js'

/** Wraps one grpc-js channel and watches its connection. Only its owner closes it. */
export class Channel {
  readonly client: Client
  /** Number of calls and streams in flight. */
  inFlight = 0
  readonly #target: Target
  readonly #credentials: Credentials
  readonly #integration: string
  #closed = false

  constructor(target: Target, credentials: Credentials, options: ClientOptions, integration: string) {
    this.client = new Client(target.uri, credentials.forChannels, options)
    this.#credentials = credentials
    this.#target = target
    this.#integration = integration
  }

  /**
   * Resolves when the channel is connected; rejects with the first failure.
   * @throws ConnectionError; AuthError if the server rejects our certificate; the signal's reason
   */
  async ready(signal: AbortSignal): Promise<void> {
    const channel = this.client.getChannel()
    for (;;) {
      if (signal.aborted) throw signal.reason
      if (this.#closed) throw this.#error('the connection was closed by us')
      const state = channel.getConnectivityState(true)
      if (state === connectivityState.READY) return
      if (state === connectivityState.TRANSIENT_FAILURE) throw await this.#failure()
      await this.#changed(state, signal)
    }
  }

  /** Calls `lost` once, when the current connection is lost. Not called after `close`. */
  watch(lost: (error: ConnectionError) => void): void {
    const channel = this.client.getChannel()
    const look = () => {
      if (this.#closed) return
      const state = channel.getConnectivityState(false)
      if (state === connectivityState.READY)
        channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look)
      else lost(this.#error('the connection was lost'))
    }
    look()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  get isReady(): boolean {
    return !this.#closed && this.client.getChannel().getConnectivityState(false) === connectivityState.READY
  }

  /** Refuses new calls; calls in flight may finish. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.client.close()
  }

  #changed(state: connectivityState, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done, { once: true })
      this.client.getChannel().watchConnectivityState(state, Number.POSITIVE_INFINITY, done)
    })
  }

  /** Finds out why there is no connection by a failing call, because grpc-js reports the reason only to calls. */
  async #failure(): Promise<Error> {
    const details = await this.#details()
    return connectFailure(details, this.#credentials, this.#target.shown, this.#integration)
  }

  #details(): Promise<string> {
    return new Promise((resolve) => {
      const call = this.client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        identity,
        identity,
        Buffer.alloc(0),
        new Metadata(),
        {},
        (error) => resolve(error?.details ?? 'the channel was not ready'),
      )
      // The channel has connected in the meantime, so that the call is not needed.
      if (this.isReady) call.cancel()
    })
  }

  #error(reason: string): ConnectionError {
    return new ConnectionError(`${this.#target.shown}: ${reason}`, { integration: this.#integration })
  }
}
