import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'
import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import { repeat } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { readRegularFile } from '../../../core/read-file.js'
import type { ListenTlsSettings } from '../../../core/settings/listen.js'

/** How often the certificate files are checked, in milliseconds. */
const CHECK_INTERVAL_MS = 5_000

/** TLS credentials of a listener. Replaced files apply to new connections. */
export interface ListenerCredentials {
  readonly credentials: ServerCredentials
  /** Stops watching the files. */
  close(): void
}

/** Makes the credentials and watches the files. @throws ConnectionError if a file cannot be read or is malformed */
export async function listenerCredentials(
  tls: ListenTlsSettings | undefined,
  { clock, log, settings }: Pick<AdapterContext, 'clock' | 'log' | 'settings'>,
): Promise<ListenerCredentials> {
  if (tls === undefined) return { credentials: ServerCredentials.createInsecure(), close: () => {} }
  let inUse = await readFiles(tls, settings.name)
  const credentials = new FileCredentials(tls, inUse)
  let warned = ''
  const check = async () => {
    try {
      const files = await readFiles(tls, settings.name)
      warned = ''
      if (isSame(files, inUse)) return
      inUse = files
      credentials.use(files)
      log({ level: 'info', message: 'the certificate files were replaced: new connections use them' })
    } catch (error) {
      // A file may be half-written: keep the earlier files until the new ones are valid.
      const message = `${(error as Error).message}; the earlier files stay in use`
      if (message !== warned) log({ level: 'warn', message })
      warned = message
    }
  }
  const timer = repeat(clock, CHECK_INTERVAL_MS, check, { background: true })
  return { credentials, close: () => timer.cancel() }
}

function isSame(a: Files, b: Files): boolean {
  return (['cert', 'key', 'ca'] as const).every((name) =>
    (a[name] ?? Buffer.alloc(0)).equals(b[name] ?? Buffer.alloc(0)),
  )
}

/** Makes credentials with a minimum TLS version, which the factory of grpc-js does not support. */
class FileCredentials extends ServerCredentials {
  constructor(tls: ListenTlsSettings, files: Files) {
    const wantsClient = tls.clientCa !== undefined
    super({ requestCert: wantsClient, rejectUnauthorized: wantsClient }, { ...files })
  }

  use(files: Files): void {
    this.updateSecureContextOptions({ ...files })
  }

  _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

interface Files {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca?: Buffer
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

async function readFiles(tls: ListenTlsSettings, integration: string): Promise<Files> {
  const [cert, key, ca] = await Promise.all([
    read('certificate', tls.cert, integration),
    read('key', tls.key, integration),
    tls.clientCa === undefined ? undefined : read('client CA', tls.clientCa, integration),
  ])
  const files = { cert, key, ...(ca && { ca }), ...(tls.minVersion && { minVersion: tls.minVersion }) }
  try {
    createSecureContext(files)
    if (ca !== undefined) checkAuthorities(ca)
    return files
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`TLS: a certificate or key file of the listener cannot be used: ${code}`, {
      integration,
      retryable: false,
    })
  }
}

const BEGIN = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g
const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g

/**
 * Checks a file of certificate authorities. Node skips malformed certificates and would then refuse all clients.
 */
function checkAuthorities(pem: Buffer): void {
  const text = pem.toString('latin1')
  const certificates = text.match(CERTIFICATE) ?? []
  if (certificates.length === 0 || certificates.length !== text.match(BEGIN)?.length)
    throw Object.assign(new Error('not whole'), {
      code: 'the client CA file has no certificate, or half of one',
    })
  for (const certificate of certificates) new X509Certificate(certificate)
}

async function read(what: string, path: string, integration: string): Promise<Buffer> {
  try {
    return await readRegularFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConnectionError(`cannot read the ${what} file ${path}: ${code}`, {
      integration,
      retryable: false,
      cause,
    })
  }
}
