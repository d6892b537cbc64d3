import { type Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { Status } from './status.js'

/** The longest content-type that an error repeats. */
const MOST_SHOWN = 100
/** Message of grpc-js for a call that ended with HTTP status 200 and without a `grpc-status`. */
const NO_STATUS = 'Received HTTP status code 200'
/** Message of grpc-js for the length of a message, which is not one if the body is not gRPC. */
const LENGTH = /^Received message larger than max/

/**
 * Makes a valid status of what grpc-js reports. It passes on a `grpc-status` that is not a number. If it cannot decompress
 * a message, it reports a status without a code and without details.
 * @param headers the server's headers, if it has sent any
 */
export function foundStatus(reported: StatusObject, headers: Metadata | undefined): Status {
  const { code, metadata } = reported
  if (code === status.OK) return reported
  const details = typeof reported.details === 'string' ? reported.details : ''
  const found = (foundCode: number, text: string) => ({ code: foundCode, details: text, metadata })
  if (typeof code !== 'number')
    return found(
      status.INTERNAL,
      'cannot decompress a message of the server: expected the grpc-encoding identity, deflate or gzip, found none or another',
    )
  if (!Number.isSafeInteger(code))
    return found(
      status.UNKNOWN,
      `expected a number as grpc-status, found another text${details === '' ? '' : `: ${details}`}`,
    )
  const [type] = headers?.get('content-type') ?? []
  if (headers !== undefined && !/^application\/grpc/i.test(String(type))) {
    const shown = type === undefined ? 'none' : JSON.stringify(String(type).slice(0, MOST_SHOWN))
    return found(
      LENGTH.test(details) ? status.UNKNOWN : code,
      `expected the content-type application/grpc, found ${shown}: ${details}`,
    )
  }
  return details === NO_STATUS
    ? found(code, 'the server ended the call without a grpc-status')
    : (reported satisfies Status)
}
