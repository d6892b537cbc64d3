import { isDeepStrictEqual } from 'node:util'
import { buildConnector } from 'undici'
import { ConnectionError } from '../../core/errors/connection.js'
import type { TlsSettings } from '../../core/settings/tls.js'
import type { Logger } from '../../core/telemetry.js'
import { readTlsOptions, type TlsOptions } from '../tls.js'
import { skipContinue } from './skip-continue.js'
import type { Target } from './target.js'

/**
 * Connects sockets over TLS. Reads the certificate files for each connection, so that replaced files apply to new
 * connections; TLS sessions are resumed while the files are unchanged.
 */
export function secureConnector(
  settings: TlsSettings,
  place: Pick<Target, 'socketPath' | 'lookup'>,
  timeoutMs: number,
  integration: string,
  log: Logger,
): buildConnector.connector {
  let current: { readonly tls: TlsOptions; readonly connect: buildConnector.connector } | undefined
  return (options, callback) => {
    readTlsOptions(settings, log)
      .then((tls) => {
        if (!isDeepStrictEqual(current?.tls, tls)) {
          const build = { ...tls, ...place, timeout: timeoutMs, allowH2: false }
          current = { tls, connect: buildConnector(build as buildConnector.BuildOptions) }
        }
        current!.connect(options, callback)
      })
      .catch((error: Error) => callback(named(error, integration), null))
  }
}

/**
 * Calls `answerBegins` when the first bytes of an answer arrive, before they are read. Removes a "100 Continue" at
 * the start of an answer.
 */
export function announcing(
  connect: buildConnector.connector,
  answerBegins: () => void,
): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...result) => {
      const [, socket] = result
      if (socket != null) {
        const beginning = skipContinue(socket)
        let written = 0
        socket.on('readable', () => {
          if (socket.bytesWritten === written) return
          written = socket.bytesWritten
          beginning()
          answerBegins()
        })
      }
      callback(...result)
    })
}

/** Adds the integration's name to an error about certificate files. */
export function named(error: Error, integration: string): Error {
  if (!(error instanceof ConnectionError)) return error
  const { reason, retryable, cause } = error
  return new ConnectionError(reason, { integration, retryable, cause, notExecuted: true })
}
