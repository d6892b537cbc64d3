import type { MessagePort } from 'node:worker_threads'

/** The unit of transfer on a connection: entries, and the payloads of those with a `size`, packed together in order. */
export interface Frame<E> {
  readonly entries: readonly E[]
  readonly bytes?: ArrayBuffer
}

/** A batch of this size is sent at once, so that frames stay small compared to the limits of a connection. */
const FULL = { entries: 1_024, bytes: 1_048_576 } as const

const EMPTY = new Uint8Array(0)

/**
 * Collects entries and sends them as one frame at the end of the microtask queue, with their payloads in one
 * transferred buffer. Drops entries after `close`.
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

  /** @param onUnsendable receives an entry that structured clone refuses, for example because it contains a function */
  constructor(port: MessagePort, onUnsendable: (entry: E, error: Error) => void) {
    this.#port = port
    this.#onUnsendable = onUnsendable
  }

  /** Number of frames sent. Entries added at the same count travel in the same frame. */
  get sent(): number {
    return this.#sent
  }

  /**
   * Adds an entry, whose `size` must match the payload. The caller must not modify the payload before the frame is
   * sent.
   */
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

  /** Sends the collected entries now. */
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

  /** Sends the collected entries and drops later ones. */
  close(): void {
    this.flush()
    this.#closed = true
  }

  #post(entries: readonly E[], payloads: readonly Uint8Array[]): void {
    const frame: Frame<E> = payloads.length === 0 ? { entries } : { entries, bytes: pack(payloads) }
    this.#port.postMessage(frame, frame.bytes ? [frame.bytes] : [])
  }

  /** Sends entries one by one after a frame failed, so that one bad entry does not lose the others. */
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
 * Calls `take` for each entry of a checked frame with its payload, which is empty for an entry without one. Payloads
 * are views of the frame's buffer.
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

/** Copies the payload into its own buffer, because a view keeps the buffer of the whole frame alive. */
export function detached(payload: Uint8Array): Uint8Array {
  return payload.byteLength === payload.buffer.byteLength ? payload : payload.slice()
}
