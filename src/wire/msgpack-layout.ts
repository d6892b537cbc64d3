/** The kind of a MessagePack value, given by its first byte. */
type LayoutKind = 'scalar' | 'text' | 'long' | 'array' | 'map' | 'extension' | 'binary' | 'none'

interface Layout {
  readonly kind: LayoutKind
  /** The size of the length that follows the first byte; 0 if the length is `fixed`. */
  readonly lengthBytes: number
  /** The number of bytes, items or pairs. */
  readonly fixed: number
}

const fixed = (kind: LayoutKind, size: number): Layout => ({ kind, lengthBytes: 0, fixed: size })
const counted = (kind: LayoutKind, lengthBytes: number): Layout => ({ kind, lengthBytes, fixed: 0 })

/** The layouts of the first bytes 0xc0 to 0xdf, as the MessagePack specification lists them. */
const NAMED: readonly Layout[] = [
  fixed('scalar', 0),
  fixed('none', 0),
  fixed('scalar', 0),
  fixed('scalar', 0),
  ...[1, 2, 4].map((size) => counted('binary', size)),
  ...[1, 2, 4].map((size) => counted('extension', size)),
  ...[4, 8, 1, 2, 4].map((size) => fixed('scalar', size)),
  fixed('long', 8),
  ...[1, 2, 4].map((size) => fixed('scalar', size)),
  fixed('long', 8),
  ...[1, 2, 4, 8, 16].map((size) => fixed('extension', size)),
  ...[1, 2, 4].map((size) => counted('text', size)),
  ...[2, 4].map((size) => counted('array', size)),
  ...[2, 4].map((size) => counted('map', size)),
]

function layoutOf(head: number): Layout {
  if (head < 0x80 || head >= 0xe0) return fixed('scalar', 0)
  if (head < 0x90) return fixed('map', head & 0x0f)
  if (head < 0xa0) return fixed('array', head & 0x0f)
  if (head < 0xc0) return fixed('text', head & 0x1f)
  return NAMED[head - 0xc0]!
}

/** The layout for each first byte. */
export const LAYOUTS: readonly Layout[] = Array.from({ length: 256 }, (_, head) => layoutOf(head))
