import { readFile } from 'node:fs/promises'
import type { SecureContextOptions } from 'node:tls'
import { ConnectionError } from '../core/errors.js'
import type { TlsSettings } from '../core/settings.js'

/** What `tls.connect` is told: the contents of the files and whether the server is checked. */
export interface TlsOptions extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'minVersion'> {
  readonly rejectUnauthorized: boolean
}

async function read(what: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`the ${what} file ${path} cannot be read: ${code}`, { cause, retryable: false })
  }
}

/**
 * Reads the files that `settings` names.
 * @throws ConnectionError naming the file that cannot be read; never its contents.
 */
export async function readTlsOptions(settings: TlsSettings): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all([
    settings.caCert === undefined ? undefined : read('CA certificate', settings.caCert),
    settings.clientCert === undefined ? undefined : read('client certificate', settings.clientCert),
    settings.clientKey === undefined ? undefined : read('client key', settings.clientKey),
  ])
  return {
    rejectUnauthorized: settings.verifyServer,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(settings.minVersion && { minVersion: settings.minVersion }),
  }
}
