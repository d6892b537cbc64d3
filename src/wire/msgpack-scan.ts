import { SerializeError } from '../core/errors/operation.js'
import { LAYOUTS } from './msgpack-layout.js'
import { isUtf8Between } from './utf8.js'

const TIMESTAMP = -1
const UINT64 = 0xcf
/** The upper half of 2^53. */
const UNSAFE = 0x20_0000

/** Contents of a message that need special treatment by the decoder. */
export interface Findings {
  readonly binaries: boolean
  /** Whether there are integers that a number may not represent exactly. */
  readonly longs: boolean
}

/**
 * Checks a MessagePack message without decoding it: its lengths, its depth, that its text is UTF-8, and that it is one
 * value. A decoder allocates the announced length, so that a header of five bytes could cost gigabytes without this
 * check.
 * @throws SerializeError with the offset of the fault
 */
export function scanMessagePack(bytes: Uint8Array, maxDepth: number): Findings {
  const scan = new Scan(bytes, maxDepth)
  scan.run()
  return scan
}

class Scan implements Findings {
  readonly #bytes: Uint8Array
  readonly #maxDepth: number
  /** The number of missing values of each open array and map; the first is the message itself. */
  readonly #left: number[] = [1]
  #at = 0
  binaries = false
  longs = false

  constructor(bytes: Uint8Array, maxDepth: number) {
    this.#bytes = bytes
    this.#maxDepth = maxDepth
  }

  run(): void {
    const left = this.#left
    while (left.length > 0) {
      const top = left.length - 1
      if (left[top] === 0) left.pop()
      else {
        left[top]!--
        this.#value()
      }
    }
    const rest = this.#bytes.length - this.#at
    if (rest > 0) throw this.#fault(`${rest} bytes follow the value`)
  }

  #value(): void {
    const head = this.#byte()
    // The fast path: most values are small integers and short texts.
    if (head < 0x80 || head >= 0xe0) return
    if (head >= 0xa0 && head < 0xc0) return this.#text(head & 0x1f)
    const { kind, lengthBytes, fixed } = LAYOUTS[head]!
    const size = lengthBytes === 0 ? fixed : this.#number(lengthBytes)
    switch (kind) {
      case 'scalar':
        this.#skip(size)
        break
      case 'text':
        this.#text(size)
        break
      case 'long':
        this.#long(head)
        break
      case 'array':
        this.#enter(size)
        break
      case 'map':
        this.#enter(2 * size)
        break
      case 'binary':
        this.binaries = true
        this.#skip(size)
        break
      case 'extension':
        this.#extension(size)
        break
      case 'none':
        throw this.#fault(`the byte 0x${head.toString(16)} does not begin a value`)
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw this.#fault('the message ends too early')
    return this.#bytes[this.#at++]!
  }

  /** Reads an unsigned big-endian integer. */
  #number(size: number): number {
    const end = this.#at + size
    if (end > this.#bytes.length) throw this.#fault('the message ends too early')
    let number = 0
    while (this.#at < end) number = number * 256 + this.#bytes[this.#at++]!
    return number
  }

  #skip(size: number): void {
    this.#expect(size, 'bytes')
    this.#at += size
  }

  #text(size: number): void {
    this.#expect(size, 'bytes')
    const end = this.#at + size
    if (!isUtf8Between(this.#bytes, this.#at, end)) throw this.#fault('text that is not UTF-8')
    this.#at = end
  }

  #long(head: number): void {
    const upper = this.#number(4)
    this.#skip(4)
    const isNegative = head !== UINT64 && upper >= 0x8000_0000
    if (isNegative ? upper <= 0x1_0000_0000 - UNSAFE : upper >= UNSAFE) this.longs = true
  }

  #enter(count: number): void {
    this.#expect(count, 'values')
    if (this.#left.length > this.#maxDepth) throw this.#fault(`nested deeper than ${this.#maxDepth} levels`)
    this.#left.push(count)
  }

  #extension(size: number): void {
    const type = (this.#number(1) << 24) >> 24
    if (type !== TIMESTAMP) throw this.#fault(`the extension type ${type} is unknown`)
    if (size !== 4 && size !== 8 && size !== 12) throw this.#fault(`a timestamp of ${size} bytes`)
    this.#skip(size)
  }

  #expect(count: number, what: string): void {
    const rest = this.#bytes.length - this.#at
    if (count > rest) throw this.#fault(`${count} ${what} announced, ${rest} bytes are left`)
  }

  #fault(what: string): SerializeError {
    return new SerializeError(`msgpack: ${what} (at byte ${this.#at} of ${this.#bytes.length})`)
  }
}
