import { addLogListener, removeLogListener } from './library-log.js'

/** What servers accept by default: one ping in five minutes (gRPC proposal A8, "Server Enforcement"). */
const ACCEPTED_MS = 300_000
/** The library tells a GOAWAY with ENHANCE_YOUR_CALM and `too_many_pings` to its log alone. */
const COMPLAINT = /^Connection to (\S+) at .* because of excess pings/

/**
 * How often an adapter pings its server. The library doubles the interval of a connection when the server complains
 * of too many pings (gRPC proposal A8), and forgets that with the connection; this keeps it.
 */
export class PingInterval {
  #ms: number
  #uri = ''
  readonly #listener = (message: string) => this.#heard(message)

  /** @param ms as configured */
  constructor(ms: number) {
    this.#ms = ms
  }

  get ms(): number {
    return this.#ms
  }

  /** Heeds complaints of the server at `uri` until `close`. */
  watch(uri: string): void {
    this.#uri = uri
    addLogListener(this.#listener)
  }

  close(): void {
    removeLogListener(this.#listener)
  }

  /** Each complaint costs a connection: go to what all servers accept at once. */
  #heard(message: string): void {
    if (COMPLAINT.exec(message)?.[1] === this.#uri) this.#ms = Math.max(2 * this.#ms, ACCEPTED_MS)
  }
}
