import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files of a certificate authority, a server and a client that it vouches for. */
export interface Certificates {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
  remove(): void
}

/** Makes certificates for 127.0.0.1 that are good for a day. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-certificates-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '1',
    '-subj',
    '/CN=ca',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.crt'),
  )
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  const issue = (name: string) => {
    const [cert, own, request] = [file(`${name}.crt`), file(`${name}.key`), file(`${name}.csr`)]
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', own, '-out', request)
    const ca = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial']
    openssl('x509', '-req', '-in', request, ...ca, '-days', '1', '-extfile', file('names'), '-out', cert)
    return { cert, key: own }
  }
  return {
    ca: file('ca.crt'),
    server: issue('server'),
    client: issue('client'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
