import { NameReader } from '../../mailbox/names.js'
import { unpack } from '../../mailbox/packing.js'
import type { LinkBatch, LinkExtras } from '../../mailbox/route-link.js'

/** A message as the sink reads it. */
export interface LinkedMessage {
  readonly number: number
  readonly target: string
  /** The payload as bytes, or the value to be encoded. */
  readonly value: unknown
  readonly isEncoded: boolean
  readonly extras: LinkExtras | undefined
  readonly bytes: number
}

/** Reads messages from batches. One for each link. */
export class LinkReader {
  readonly #names = new NameReader()

  /** Calls `handle` with each message of the batch, in order. */
  read(
    { numbers, names, targets, payload, extras }: LinkBatch,
    handle: (message: LinkedMessage) => void,
  ): void {
    this.#names.learn(names)
    const isEncoded = payload.kind === 'packed'
    const count = isEncoded ? payload.packed.ends.length : payload.values.length
    const one = typeof targets === 'number' ? this.#names.name(targets) : undefined
    for (let i = 0; i < count; i++) {
      const value = isEncoded ? unpack(payload.packed, i) : payload.values[i]
      handle({
        number: typeof numbers === 'number' ? numbers + i : numbers[i]!,
        target: one ?? this.#names.name((targets as readonly number[])[i]!),
        value,
        isEncoded,
        extras: extras?.[i],
        bytes: isEncoded ? (value as Uint8Array).byteLength : payload.sizes[i]!,
      })
    }
  }
}
