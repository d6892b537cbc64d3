import type { ConnectionOptions } from 'node:tls'
import type { ConnectionError } from '../core/errors.js'
import type { TlsSettings } from '../core/settings.js'
import type { Logger } from '../core/telemetry.js'
import type { TlsFiles } from './tls-files.js'

/** What `tls.connect` is told: the contents of the files, whether the server is checked, and whom it has to be. */
export type TlsOptions = TlsFiles &
  Pick<ConnectionOptions, 'minVersion' | 'servername'> & { readonly rejectUnauthorized: boolean }

/** What was read last, by the paths of the files, and whether the files have been at fault since. */
const lastGood = new Map<string, { readonly files: TlsFiles; faulty: boolean }>()

/**
 * Reads the files that `settings` names. To be called for every new connection: so a certificate that was replaced
 * is taken up. Files that are at fault for the moment (half written, or the key not yet replaced) leave those in
 * use that were read before from the same paths, and a warning is logged once.
 * @throws ConnectionError naming the file that is at fault, when none was good before; never its contents.
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
  // Loaded on demand: it brings Node's crypto along, and most actors do without.
  const { FAULTY, readTlsFiles } = await import('./tls-files.js')
  try {
    const files = await readTlsFiles(settings)
    lastGood.set(key, { files, faulty: false })
    return files
  } catch (error) {
    if (before === undefined) throw error
    if (!before.faulty)
      log?.({
        level: 'warn',
        message: FAULTY,
        reason: (error as ConnectionError).message,
      })
    before.faulty = true
    return before.files
  }
}
