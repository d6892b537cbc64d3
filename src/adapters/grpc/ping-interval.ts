import { addLogListener, removeLogListener } from './library-log.js'

/** Interval that servers accept by default: one ping in five minutes (gRPC proposal A8, "Server Enforcement"). */
const ACCEPTED_MS = 300_000
/** grpc-js reports a GOAWAY with ENHANCE_YOUR_CALM and `too_many_pings` only in its log. */
const COMPLAINT = /^Connection to (\S+) at .* because of excess pings/

/**
 * Keeps the ping interval of an adapter across connections. grpc-js doubles the interval when the server complains
 * of too many pings (gRPC proposal A8), but forgets it with the connection.
 */
export class PingInterval {
  #ms: number
  #uri = ''
  readonly #listener = (message: string) => this.#heard(message)

  /** @param ms configured interval in milliseconds */
  constructor(ms: number) {
    this.#ms = ms
  }

  get ms(): number {
    return this.#ms
  }

  /** Adapts the interval to complaints of the server at `uri`, until `close`. */
  watch(uri: string): void {
    this.#uri = uri
    addLogListener(this.#listener)
  }

  close(): void {
    removeLogListener(this.#listener)
  }

  /** Raises the interval at once to what all servers accept, because each complaint costs a connection. */
  #heard(message: string): void {
    if (COMPLAINT.exec(message)?.[1] === this.#uri) this.#ms = Math.max(2 * this.#ms, ACCEPTED_MS)
  }
}
