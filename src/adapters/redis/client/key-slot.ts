const SLOTS = 16_384
const POLYNOMIAL = 0x1021
const TABLE = new Uint16Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1
  TABLE[i] = crc
}

/**
 * Returns the cluster slot of a key: CRC-16/XMODEM of its hash tag, or of the whole key (Redis Cluster specification).
 */
export function keySlot(key: string): number {
  let crc = 0
  for (const byte of Buffer.from(hashTag(key)))
    crc = ((crc << 8) ^ TABLE[((crc >> 8) ^ byte) & 0xff]!) & 0xffff
  return crc % SLOTS
}

/** Returns the part of a key that decides its slot: between the first "{" and the next "}", if it is not empty. */
function hashTag(key: string): string {
  const open = key.indexOf('{')
  if (open < 0) return key
  const close = key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : key
}

/** Returns a different key in the same slot as `key`. */
export function besideKey(key: string, suffix: string): string {
  return hashTag(key) === key ? `{${key}}${suffix}` : `${key}${suffix}`
}
