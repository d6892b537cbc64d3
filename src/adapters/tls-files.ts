import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, repeat, type Timer } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import { readRegularFile } from '../core/read-file.js'
import type { ListenTlsSettings } from '../core/settings/listen.js'
import type { TlsSettings } from '../core/settings/tls.js'
import type { Logger } from '../core/telemetry.js'
import { codeOf } from './socket-failure.js'

/** How often the files of a listener are checked, in milliseconds. */
const CHECK_INTERVAL_MS = 5_000

/** Contents of the files named by TLS settings. */
export interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/**
 * Reads the files and checks their contents and that the key belongs to the certificate.
 * @throws ConnectionError that names the invalid file, never its contents
 */
export async function readTlsFiles(settings: TlsSettings): Promise<TlsFiles> {
  const { caCert, clientCert, clientKey } = settings
  const [ca, cert, key] = await Promise.all([
    caCert === undefined ? undefined : read('CA certificate', caCert),
    clientCert === undefined ? undefined : read('client certificate', clientCert),
    clientKey === undefined ? undefined : read('client key', clientKey),
  ])
  if (ca !== undefined) certificateIn(ca, 'CA certificate', caCert!)
  const certificate = cert && certificateIn(cert, 'client certificate', clientCert!)
  const privateKey = key && keyIn(key, clientKey!)
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey))
    throw new ConnectionError(
      `the client key file ${clientKey} does not belong to the client certificate ${clientCert}`,
    )
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/**
 * Reads the files of a listener and checks that TLS can use them.
 * @throws ConnectionError that names the invalid file, never its contents
 */
export async function readListenerFiles(
  tls: ListenTlsSettings,
  integration: string,
): Promise<SecureContextOptions> {
  const [cert, key, ca] = await Promise.all([
    read('certificate', tls.cert, integration),
    read('key', tls.key, integration),
    tls.clientCa === undefined ? undefined : read('client CA', tls.clientCa, integration),
  ])
  certificateIn(cert, 'certificate', tls.cert, integration)
  if (ca !== undefined) certificateIn(ca, 'client CA', tls.clientCa!, integration)
  const files = { cert, key, ...(ca && { ca }), ...(tls.minVersion && { minVersion: tls.minVersion }) }
  try {
    createSecureContext(files)
    return files
  } catch (error) {
    const code = codeOf(error) || 'unknown error'
    throw new ConnectionError(
      `TLS: the key file ${tls.key} cannot be used with the certificate file ${tls.cert}: ${code}`,
      { integration, retryable: false },
    )
  }
}

/**
 * Reads the files of a listener every few seconds and passes replaced ones to `use`. Invalid files (half-written,
 * or with a key not yet replaced) are ignored, with one warning for each fault until they are valid again.
 * @param before the files in use
 */
export function watchListenerFiles(
  tls: ListenTlsSettings,
  before: SecureContextOptions,
  { integration, clock, log }: { readonly integration: string; readonly clock: Clock; readonly log: Logger },
  use: (files: SecureContextOptions) => void,
): Timer {
  let inUse = before
  /** The fault that was logged last. */
  let warned = ''
  let isOver = false
  const check = async () => {
    try {
      const files = await readListenerFiles(tls, integration)
      warned = ''
      if (isOver || isDeepStrictEqual(files, inUse)) return
      inUse = files
      use(files)
      log({ level: 'info', message: 'the certificate was replaced; new connections get the new one' })
    } catch (error) {
      const { message: reason } = error as Error
      if (isOver || reason === warned) return
      warned = reason
      log({ level: 'warn', message: FAULTY, reason })
    }
  }
  const timer = repeat(clock, CHECK_INTERVAL_MS, check, { background: true })
  return {
    cancel: () => {
      isOver = true
      timer.cancel()
    },
  }
}

/** Log message for files that cannot replace those in use. */
export const FAULTY = 'a TLS file is invalid; the files read before stay in use'

async function read(what: string, path: string, integration?: string): Promise<Buffer> {
  try {
    return await readRegularFile(path)
  } catch (cause) {
    const code = codeOf(cause) || 'unknown error'
    throw new ConnectionError(`cannot read the ${what} file ${path}: ${code}`, {
      cause,
      ...(integration !== undefined && { integration }),
    })
  }
}

/** Returns the first certificate of a PEM file, which must be complete. */
function certificateIn(pem: Buffer, what: string, path: string, integration = ''): X509Certificate {
  try {
    if (isCutShort(pem)) throw new Error('cut short')
    return new X509Certificate(pem)
  } catch {
    throw new ConnectionError(`TLS: expected a complete PEM certificate in the ${what} file ${path}`, {
      integration,
      ...(isWhole(pem) && { retryable: false }),
    })
  }
}

function keyIn(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new ConnectionError(
      `TLS: expected a PEM private key without a passphrase in the client key file ${path}`,
      isWhole(pem) ? { retryable: false } : {},
    )
  }
}

/** Tells whether a PEM file is incomplete, because it may still be being written. */
function isCutShort(pem: Buffer): boolean {
  const text = pem.toString('latin1')
  return text.split('-----BEGIN ').length !== text.split('-----END ').length
}

/** Tells whether a PEM file is complete, so that waiting does not change it. */
function isWhole(pem: Buffer): boolean {
  return /-----END [A-Z0-9 ]+-----\s*$/.test(pem.toString('latin1')) && !isCutShort(pem)
}
