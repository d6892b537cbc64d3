import { isDeepStrictEqual } from 'node:util'
import { buildConnector } from 'undici'
import { ConnectionError } from '../../core/errors.js'
import type { TlsSettings } from '../../core/settings.js'
import type { Logger } from '../../core/telemetry.js'
import { readTlsOptions, type TlsOptions } from '../tls.js'
import { skipContinue } from './skip-continue.js'

/**
 * Connects sockets over TLS. The certificate files are read for each, so that those which were replaced are taken
 * up while connections that stand go on; the sessions of TLS are resumed as long as the files stay the same.
 */
export function secureConnector(
  settings: TlsSettings,
  socketPath: string | undefined,
  timeoutMs: number,
  integration: string,
  log: Logger,
): buildConnector.connector {
  let current: { readonly tls: TlsOptions; readonly connect: buildConnector.connector } | undefined
  return (options, callback) => {
    readTlsOptions(settings, log)
      .then((tls) => {
        if (!isDeepStrictEqual(current?.tls, tls)) {
          const build = { ...tls, timeout: timeoutMs, allowH2: false, socketPath: socketPath ?? null }
          current = { tls, connect: buildConnector(build as buildConnector.BuildOptions) }
        }
        current!.connect(options, callback)
      })
      .catch((error: Error) => callback(named(error, integration), null))
  }
}

/**
 * Calls `answerBegins` with the first bytes that come in after something was written: before anybody has read them.
 * What more comes of the same answer is not announced. Passes over a "100 Continue" at the begin of an answer.
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

/** An error of the files, with the integration that it happened in. */
export function named(error: Error, integration: string): Error {
  if (!(error instanceof ConnectionError)) return error
  const { reason, retryable, cause } = error
  return new ConnectionError(reason, { integration, retryable, cause, notExecuted: true })
}
