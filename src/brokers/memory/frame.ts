import type { MessagePort } from 'node:worker_threads'

/** What crosses a line at a time: entries and, packed together, the payloads of those that have a `size`, in order. */
export interface Frame<E> {
  readonly entries: readonly E[]
  readonly bytes?: ArrayBuffer
}

/** A batch that has grown to this leaves at once, so that one frame stays small beside the limits of a line. */
const FULL = { entries: 1_024, bytes: 1_048_576 } as const

const EMPTY = new Uint8Array(0)

/**
 * Gathers entries and sends them as one frame at the end of the current turn of the microtask queue, their
 * payloads copied into a single buffer that is transferred. Single owner; after `close` entries are dropped.
 */
export class FrameWriter<E> {
  readonly #port: MessagePort
  readonly #onUnsendable: (entry: E, error: Error) => void
  #entries: E[] = []
  #payloads: Uint8Array[] = []
  #bytes = 0
  #scheduled = false
  #closed = false
  #sent = 0

  /** @param onUnsendable an entry that structured clone refuses (a function among its values, for example). */
  constructor(port: MessagePort, onUnsendable: (entry: E, error: Error) => void) {
    this.#port = port
    this.#onUnsendable = onUnsendable
  }

  /** How many frames have left: two entries added at the same count travel together. */
  get sent(): number {
    return this.#sent
  }

  /** Adds an entry; its `size` must be that of the payload. The payload must not change before the turn ends. */
  push(entry: E, payload?: Uint8Array): void {
    if (this.#closed) return
    this.#entries.push(entry)
    if (payload !== undefined) {
      this.#payloads.push(payload)
      this.#bytes += payload.byteLength
    }
    if (this.#entries.length >= FULL.entries || this.#bytes >= FULL.bytes) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      queueMicrotask(() => {
        this.#scheduled = false
        this.flush()
      })
    }
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#entries.length === 0) return
    const entries = this.#entries
    const payloads = this.#payloads
    this.#entries = []
    this.#payloads = []
    this.#bytes = 0
    this.#sent++
    try {
      this.#post(entries, payloads)
    } catch (error) {
      if (entries.length === 1) this.#onUnsendable(entries[0]!, error as Error)
      else this.#postSingly(entries, payloads)
    }
  }

  /** Sends what there is and accepts nothing more. */
  close(): void {
    this.flush()
    this.#closed = true
  }

  #post(entries: readonly E[], payloads: readonly Uint8Array[]): void {
    const frame: Frame<E> = payloads.length === 0 ? { entries } : { entries, bytes: pack(payloads) }
    this.#port.postMessage(frame, frame.bytes ? [frame.bytes] : [])
  }

  /** One entry spoils its whole frame; the others must not suffer for it. */
  #postSingly(entries: readonly E[], payloads: readonly Uint8Array[]): void {
    let next = 0
    for (const entry of entries) {
      const own = hasSize(entry) ? [payloads[next++]!] : []
      try {
        this.#post([entry], own)
      } catch (error) {
        this.#onUnsendable(entry, error as Error)
      }
    }
  }
}

function pack(payloads: readonly Uint8Array[]): ArrayBuffer {
  let total = 0
  for (const payload of payloads) total += payload.byteLength
  const buffer = new ArrayBuffer(total)
  const bytes = new Uint8Array(buffer)
  let offset = 0
  for (const payload of payloads) {
    bytes.set(payload, offset)
    offset += payload.byteLength
  }
  return buffer
}

const hasSize = (entry: unknown): entry is { readonly size: number } =>
  (entry as { size?: unknown }).size !== undefined

/**
 * Gives every entry of a checked frame in turn, with its payload (empty for one without). Payloads are views
 * into the buffer of the frame.
 */
export function eachEntry<E>(frame: Frame<E>, take: (entry: E, payload: Uint8Array) => void): void {
  let offset = 0
  for (const entry of frame.entries) {
    if (frame.bytes !== undefined && hasSize(entry)) {
      take(entry, new Uint8Array(frame.bytes, offset, entry.size))
      offset += entry.size
    } else take(entry, EMPTY)
  }
}

/** Copies the payload into a buffer of its size, because a view keeps the whole frame alive that it came in. */
export function detached(payload: Uint8Array): Uint8Array {
  return payload.byteLength === payload.buffer.byteLength ? payload : payload.slice()
}
