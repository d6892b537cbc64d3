import type { Socket } from 'node:net'

/** Which way bytes go. */
export type Direction = 'to-server' | 'to-client'

/** What the proxy does to the bytes that pass. */
export type ProxyFault =
  | { readonly kind: 'none' }
  /** Every byte arrives so much later, in both directions. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** So many bytes at a time, each a write of its own. */
  | { readonly kind: 'dribble'; readonly bytes: number; readonly everyMs: number }
  /** Half-open: connections stay and are accepted, nothing passes. What is held back passes after `heal`. */
  | { readonly kind: 'stall' }
  /** Each connection ends after exactly so many more bytes in one direction: in the middle of a frame, say. */
  | {
      readonly kind: 'cut'
      readonly direction: Direction
      readonly afterBytes: number
      readonly how: 'reset' | 'close'
    }

/** Bytes a direction holds back before it stops reading, so that back-pressure is felt on the other side. */
const HOLD_BACK = 4 * 1024 * 1024

/**
 * Between the last bytes and the cut, for the receiver to read them: Node takes a reset that it finds together
 * with data for an end in order.
 */
const CUT_DELAY_MS = 20

/** One direction of a proxied connection: takes bytes from one socket and passes them on as the fault allows. */
export class Pump {
  #fault: ProxyFault
  /** In order, each with the time before which it must not pass. */
  readonly #held: { readonly item: Buffer | 'end' | 'reset'; readonly notBefore: number }[] = []
  #heldBytes = 0
  #passed = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  readonly #from: Socket
  readonly #to: Socket
  readonly #direction: Direction
  readonly #cut: (how: 'reset' | 'close') => void

  constructor(
    from: Socket,
    to: Socket,
    direction: Direction,
    fault: ProxyFault,
    cut: (how: 'reset' | 'close') => void,
  ) {
    this.#from = from
    this.#to = to
    this.#direction = direction
    this.#fault = fault
    this.#cut = cut
    from.on('data', (bytes) => this.#hold(bytes))
    from.on('end', () => this.#hold('end'))
    to.on('drain', () => this.#passUnlessWaiting())
  }

  inject(fault: ProxyFault): void {
    this.#fault = fault
    this.#passed = 0
    this.#pass()
  }

  /** The socket that is read from is gone; tells the other one unless it has heard. */
  abort(): void {
    if (!this.#to.writableEnded) this.#hold('reset')
  }

  /** Nothing passes any more. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #hold(item: Buffer | 'end' | 'reset'): void {
    const delay = this.#fault.kind === 'latency' ? this.#fault.ms : 0
    this.#held.push({ item, notBefore: performance.now() + delay })
    this.#heldBytes += typeof item === 'string' ? 0 : item.length
    if (this.#heldBytes > HOLD_BACK) this.#from.pause()
    this.#passUnlessWaiting()
  }

  #passUnlessWaiting(): void {
    if (this.#timer === undefined) this.#pass()
  }

  #pass(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (!this.#stopped && this.#held.length > 0 && this.#fault.kind !== 'stall') {
      if (this.#to.writableNeedDrain) return
      const { item, notBefore } = this.#held[0]!
      const wait = this.#fault.kind === 'latency' ? notBefore - performance.now() : 0
      if (wait > 0) {
        this.#later(wait)
        return
      }
      this.#held.shift()
      if (item === 'end') this.#to.end()
      else if (item === 'reset') this.#cut('reset')
      else this.#write(item, notBefore)
      if (this.#fault.kind === 'dribble') {
        this.#later(this.#fault.everyMs)
        return
      }
    }
  }

  /** Writes as much of a chunk as may pass in one go, and holds the rest back. */
  #write(bytes: Buffer, notBefore: number): void {
    const portion = bytes.subarray(0, this.#portion())
    if (portion.length < bytes.length) this.#held.unshift({ item: bytes.subarray(portion.length), notBefore })
    this.#heldBytes -= portion.length
    this.#passed += portion.length
    if (this.#heldBytes <= HOLD_BACK) this.#from.resume()
    const fault = this.#fault
    if (fault.kind === 'cut' && fault.direction === this.#direction && this.#passed >= fault.afterBytes) {
      this.stop()
      this.#to.write(portion, () => setTimeout(() => this.#cut(fault.how), CUT_DELAY_MS))
    } else this.#to.write(portion)
  }

  #portion(): number {
    if (this.#fault.kind === 'dribble') return Math.max(1, this.#fault.bytes)
    if (this.#fault.kind === 'cut' && this.#fault.direction === this.#direction)
      return Math.max(0, this.#fault.afterBytes - this.#passed)
    return Infinity
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => this.#pass(), ms)
  }
}
