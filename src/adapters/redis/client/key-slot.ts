const SLOTS = 16_384
const POLYNOMIAL = 0x1021
const TABLE = new Uint16Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1
  TABLE[i] = crc
}

/** The slot of a cluster that a key is in: CRC-16/XMODEM of its hash tag, or of all of it (Redis Cluster specification). */
export function keySlot(key: string): number {
  let crc = 0
  for (const byte of Buffer.from(hashTag(key)))
    crc = ((crc << 8) ^ TABLE[((crc >> 8) ^ byte) & 0xff]!) & 0xffff
  return crc % SLOTS
}

/** The part of a key that decides its slot: between the first "{" and the next "}", unless there is nothing. */
function hashTag(key: string): string {
  const open = key.indexOf('{')
  if (open < 0) return key
  const close = key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : key
}

/** A key that is in the slot of `key` and has a name of its own. */
export function besideKey(key: string, suffix: string): string {
  return hashTag(key) === key ? `{${key}}${suffix}` : `${key}${suffix}`
}
