import { UnsupportedError } from '../../../core/errors.js'
import type { Connection } from './connection.js'

/** Of an error that was found before anything was sent. */
export const NEVER_SENT = { notExecuted: true, fault: 'local' } as const

/**
 * Checks a message against what the server takes; it would end the connection over it.
 * @throws RangeError naming both sizes; UnsupportedError for headers that the server does not know
 */
export function checkSize(
  connection: Connection,
  headers: Uint8Array | undefined,
  payload: Uint8Array,
): void {
  const size = payload.byteLength + (headers?.byteLength ?? 0)
  const { maxPayload } = connection.info
  if (size > maxPayload)
    throw new RangeError(
      `the message has ${size} bytes, and the server takes ${maxPayload} at most (max_payload)`,
    )
  if (headers !== undefined && !connection.info.headers)
    throw new UnsupportedError('headers over this NATS server', NEVER_SENT)
}
