/** Memory of a request beside its bytes: promises, closures, entries in the actor's tables. */
const REQUEST_BYTES = 1024
/** Memory of a decoded object or array, however few bytes encode it. */
const CONTAINER_BYTES = 64
/** Memory of a decoded member or element. */
const ELEMENT_BYTES = 32

const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b

/**
 * Estimates the memory of a message until it is answered: its bytes, its decoded value and the bookkeeping. A value
 * made of brackets takes many times the size of its text.
 */
export function weightOf(message: Uint8Array): number {
  let elements = 0
  let containers = 0
  for (let i = 0; i < message.length; i++) {
    const byte = message[i]
    if (byte === COMMA) elements++
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) containers++
  }
  return REQUEST_BYTES + 2 * message.length + ELEMENT_BYTES * elements + CONTAINER_BYTES * containers
}
