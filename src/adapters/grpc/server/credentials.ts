import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'
import { type Clock, every, type Timer } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors.js'
import type { ListenTlsSettings } from '../../../core/settings.js'

/** How often the files are looked at again, in milliseconds. */
const LOOK_EVERY_MS = 5_000

/** What a listener proves and checks. Replaced files hold for connections that are made from then on. */
export interface ListenerCredentials {
  readonly credentials: ServerCredentials
  /** Looks at the files no more. */
  close(): void
}

/** @throws ConnectionError for a file that cannot be read, or does not hold what it should */
export async function listenerCredentials(
  tls: ListenTlsSettings | undefined,
  clock: Clock,
  integration: string,
): Promise<ListenerCredentials> {
  if (tls === undefined) return { credentials: ServerCredentials.createInsecure(), close: () => {} }
  const credentials = new FileCredentials(tls, await readFiles(tls, integration))
  const timer: Timer = every(
    clock,
    LOOK_EVERY_MS,
    // Half-written files are none: the earlier ones stay until there are good ones.
    () =>
      void readFiles(tls, integration).then(
        (files) => credentials.use(files),
        () => {},
      ),
    { background: true },
  )
  return { credentials, close: () => timer.cancel() }
}

/** The library's own maker of credentials knows no least version. */
class FileCredentials extends ServerCredentials {
  constructor(tls: ListenTlsSettings, files: SecureContextOptions) {
    const wantsClient = tls.clientCa !== undefined
    super({ requestCert: wantsClient, rejectUnauthorized: wantsClient }, files)
  }

  use(files: SecureContextOptions): void {
    this.updateSecureContextOptions(files)
  }

  _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

async function readFiles(tls: ListenTlsSettings, integration: string): Promise<SecureContextOptions> {
  const [cert, key, ca] = await Promise.all([
    read('certificate', tls.cert, integration),
    read('key', tls.key, integration),
    tls.clientCa === undefined ? undefined : read('client CA', tls.clientCa, integration),
  ])
  const files = { cert, key, ...(ca && { ca }), ...(tls.minVersion && { minVersion: tls.minVersion }) }
  try {
    createSecureContext(files)
    return files
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`TLS: a certificate or key file of the listener cannot be used: ${code}`, {
      integration,
      retryable: false,
    })
  }
}

async function read(what: string, path: string, integration: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`the ${what} file ${path} cannot be read: ${code}`, {
      integration,
      retryable: false,
      cause,
    })
  }
}
