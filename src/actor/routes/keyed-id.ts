import { createHash } from 'node:crypto'
import type { Received } from './received.js'

/**
 * The id of a message with a key, which is the same when the broker of the source delivers the message again. The key
 * alone would also stand for messages that are sent again after the key was forgotten.
 * @returns undefined for a message without an id at its broker
 */
export function idOf(key: string, { topic, delivery }: Received): string | undefined {
  if (delivery?.id === undefined) return undefined
  return createHash('sha256')
    .update(JSON.stringify([topic, delivery.id, key]))
    .digest('base64url')
}
