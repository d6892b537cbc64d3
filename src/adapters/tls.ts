import type { ConnectionOptions } from 'node:tls'
import type { ConnectionError } from '../core/errors/connection.js'
import type { TlsSettings } from '../core/settings/tls.js'
import type { Logger } from '../core/telemetry.js'
import type { TlsFiles } from './tls-files.js'

/** Options of `tls.connect`: the contents of the files, whether to verify the server, and its name. */
export type TlsOptions = TlsFiles &
  Pick<ConnectionOptions, 'minVersion' | 'servername'> & { readonly rejectUnauthorized: boolean }

/** Last valid files by their paths, and the fault since then that was logged last. */
const lastGood = new Map<string, { readonly files: TlsFiles; warned: string }>()

/**
 * Reads the files that `settings` names. Call it for every new connection, so that a replaced certificate is used;
 * while files are invalid (half-written, or with a key not yet replaced), the last valid ones stay in use and one
 * warning is logged for each fault.
 * @throws ConnectionError that names the invalid file, never its contents, if no valid files were read before
 */
export async function readTlsOptions(settings: TlsSettings, log?: Logger): Promise<TlsOptions> {
  const { verifyServer, serverName, minVersion } = settings
  return {
    rejectUnauthorized: verifyServer,
    ...(await goodFiles(settings, log)),
    ...(serverName !== undefined && { servername: serverName }),
    ...(minVersion !== undefined && { minVersion }),
  }
}

async function goodFiles(settings: TlsSettings, log: Logger | undefined): Promise<TlsFiles> {
  const { caCert, clientCert, clientKey } = settings
  const key = JSON.stringify([caCert, clientCert, clientKey])
  const before = lastGood.get(key)
  // Loaded on demand, because it loads Node's crypto, which most actors do not need.
  const { FAULTY, readTlsFiles } = await import('./tls-files.js')
  try {
    const files = await readTlsFiles(settings)
    lastGood.set(key, { files, warned: '' })
    return files
  } catch (error) {
    if (before === undefined) throw error
    const { message: reason } = error as ConnectionError
    if (reason !== before.warned) log?.({ level: 'warn', message: FAULTY, reason })
    before.warned = reason
    return before.files
  }
}
