import { type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusals } from '../../refusals.js'

/** Errors of a connection that ends; they are not refusals. */
const ENDED = /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/
/** The answers to errors of Node's parser; anything else is answered with 400. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}
const REASONS: Readonly<Record<number, string>> = {
  400: 'malformed HTTP',
  408: 'the request did not arrive in time',
  413: 'the extensions of a chunk are too large',
  431: 'the headers are larger than "max_headers"',
}

/**
 * Answers requests that Node's parser rejects and closes their connection: what follows on it cannot be trusted.
 * @param isAnswering whether an answer is being sent on the connection, which another answer would corrupt
 */
export function refuseMalformed(
  server: Server,
  refusals: Refusals,
  isAnswering: (connection: Duplex) => boolean,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, connection: Duplex) => {
    connection.on('error', () => {})
    const { code = '' } = error
    if (ENDED.test(code) || connection.destroyed) return void connection.destroy()
    const status = STATUS[code] ?? 400
    refusals.add({
      reason: REASONS[status]!,
      address: (connection as { remoteAddress?: string }).remoteAddress,
    })
    if (connection.writable && !isAnswering(connection))
      connection.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`)
    connection.destroy()
  })
}
