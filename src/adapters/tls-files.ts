import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConnectionError } from '../core/errors.js'
import type { TlsSettings } from '../core/settings.js'
import { codeOf } from './socket-failure.js'

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

async function read(what: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = codeOf(cause) || 'unknown error'
    throw new ConnectionError(`the ${what} file ${path} cannot be read: ${code}`, { cause })
  }
}

/** The first certificate of a file, all of which has to be there. */
function certificateIn(pem: Buffer, what: string, path: string): X509Certificate {
  try {
    const text = pem.toString('latin1')
    if (text.split('-----BEGIN ').length !== text.split('-----END ').length) throw new Error('cut short')
    return new X509Certificate(pem)
  } catch {
    throw new ConnectionError(`TLS: the ${what} file ${path} holds no certificate in PEM, or half of one`)
  }
}

function keyIn(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new ConnectionError(
      `TLS: the client key file ${path} holds no private key in PEM, or one with a passphrase`,
    )
  }
}
