import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCALHOST_CERT, LOCALHOST_KEY, TEST_CA } from '../../../support/certificates.js'

/** Files of a certificate authority, a server and a client that it vouches for. */
export interface Certificates {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
  remove(): void
}

/** The certificates of the tests as files, which is how Mosquitto and the settings want them. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-certificates-'))
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const localhost = { cert: file('localhost.crt', LOCALHOST_CERT), key: file('localhost.key', LOCALHOST_KEY) }
  return {
    ca: file('ca.crt', TEST_CA),
    server: localhost,
    client: localhost,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
