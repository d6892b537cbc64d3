import { UnsupportedError } from '../../../core/errors/operation.js'
import type { Connection } from './connection.js'

/** Context of an error found before anything was sent. */
export const NEVER_SENT = { notExecuted: true, fault: 'local' } as const

/**
 * Checks a message against the limits of the server, which would close the connection otherwise.
 * @throws RangeError with both sizes; UnsupportedError for headers if the server does not support them
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
      `the message has ${size} bytes: more than the server's max_payload (${maxPayload} bytes)`,
    )
  if (headers !== undefined && !connection.info.headers)
    throw new UnsupportedError('headers over this NATS server', NEVER_SENT)
}
