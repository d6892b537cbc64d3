import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import { ConnectionError } from '../core/errors.js'
import type { TlsSettings } from '../core/settings.js'

/**
 * The options of `node:tls` for these settings; certificates and keys are read anew each time, so that a
 * connection made after they were replaced uses the new ones.
 * @throws ConnectionError naming the file that cannot be read
 */
export async function tlsOptions(settings: TlsSettings): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    read('ca_cert', settings.caCert),
    read('client_cert', settings.clientCert),
    read('client_key', settings.clientKey),
  ])
  return {
    rejectUnauthorized: settings.verifyServer,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(settings.minVersion && { minVersion: settings.minVersion }),
  }
}

async function read(name: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`TLS: ${name} ${JSON.stringify(path)} cannot be read (${code})`, { cause })
  }
}
