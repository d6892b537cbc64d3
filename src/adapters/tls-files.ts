import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, every, type Timer } from '../core/clock.js'
import { ConnectionError } from '../core/errors.js'
import type { ListenTlsSettings, TlsSettings } from '../core/settings.js'
import type { Logger } from '../core/telemetry.js'
import { codeOf } from './socket-failure.js'

/** How often the files of a listener are read again, in milliseconds. */
const LOOK_EVERY_MS = 5_000

/** The contents of the files that TLS settings name. */
export interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/**
 * Reads the files and checks that they are what they should be, and that the key belongs to the certificate.
 * @throws ConnectionError naming the file that is at fault; never what is in it
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
 * @throws ConnectionError naming the file that is at fault; never what is in it
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
 * Reads the files of a listener every few seconds and hands over those that were replaced. Files at fault (half
 * written, or the key not yet replaced) are left alone, with one warning until they are good again.
 * @param before the files in use
 */
export function watchListenerFiles(
  tls: ListenTlsSettings,
  before: SecureContextOptions,
  { integration, clock, log }: { readonly integration: string; readonly clock: Clock; readonly log: Logger },
  use: (files: SecureContextOptions) => void,
): Timer {
  let inUse = before
  let isFaulty = false
  let isOver = false
  const look = async () => {
    try {
      const files = await readListenerFiles(tls, integration)
      isFaulty = false
      if (isOver || isDeepStrictEqual(files, inUse)) return
      inUse = files
      use(files)
      log({ level: 'info', message: 'the certificate was replaced; new connections get the new one' })
    } catch (error) {
      if (isOver || isFaulty) return
      isFaulty = true
      const { message: reason } = error as Error
      log({ level: 'warn', message: FAULTY, reason })
    }
  }
  const timer = every(clock, LOOK_EVERY_MS, () => void look(), { background: true })
  return {
    cancel: () => {
      isOver = true
      timer.cancel()
    },
  }
}

/** What is logged when files cannot replace those in use. */
export const FAULTY = 'a file for TLS is at fault; what was read before stays in use'

async function read(what: string, path: string, integration?: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = codeOf(cause) || 'unknown error'
    throw new ConnectionError(`the ${what} file ${path} cannot be read: ${code}`, {
      cause,
      ...(integration !== undefined && { integration }),
    })
  }
}

/** The first certificate of a file, all of which has to be there. */
function certificateIn(pem: Buffer, what: string, path: string, integration = ''): X509Certificate {
  try {
    if (isCutShort(pem)) throw new Error('cut short')
    return new X509Certificate(pem)
  } catch {
    throw new ConnectionError(`TLS: the ${what} file ${path} holds no certificate in PEM, or half of one`, {
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
      `TLS: the client key file ${path} holds no private key in PEM, or one with a passphrase`,
      isWhole(pem) ? { retryable: false } : {},
    )
  }
}

/** Whether a file in PEM ends before its last part does: it may be being written. */
function isCutShort(pem: Buffer): boolean {
  const text = pem.toString('latin1')
  return text.split('-----BEGIN ').length !== text.split('-----END ').length
}

/** Whether a file is PEM to its end: then it stays what it is, and waiting does not help. */
function isWhole(pem: Buffer): boolean {
  return /-----END [A-Z0-9 ]+-----\s*$/.test(pem.toString('latin1')) && !isCutShort(pem)
}
