import type { StoredMessage } from '../../src/buffer/message-buffer.js'

/** A payload that follows from its number, of 20 to 1,500 bytes. */
export function payloadOf(number: number): Buffer {
  const payload = Buffer.alloc(20 + ((number * 7_919) % 1_480), (number * 31) % 251)
  payload.write(`${number} `)
  return payload
}

/** The number of a message. @throws Error if a byte of it is not as it was appended */
export function readNumber({ topic, payload }: StoredMessage): number {
  const number = Number.parseInt(Buffer.from(payload).toString('latin1', 0, 20), 10)
  if (topic !== `n/${number}` || !payloadOf(number).equals(payload))
    throw new Error(`message ${topic} is damaged`)
  return number
}
