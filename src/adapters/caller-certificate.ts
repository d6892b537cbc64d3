import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { CallerCertificate } from '../core/adapter/authentication.js'

const known = new WeakMap<TLSSocket, CallerCertificate | undefined>()

/** The certificate of a caller that TLS has verified; `undefined` if it has presented none. */
export function callerCertificate(socket: object): CallerCertificate | undefined {
  const tls = socket as TLSSocket
  if (tls.encrypted !== true || !tls.authorized) return undefined
  if (!known.has(tls)) known.set(tls, readCertificate(tls.getPeerX509Certificate()))
  return known.get(tls)
}

function readCertificate(certificate: X509Certificate | undefined): CallerCertificate | undefined {
  if (certificate === undefined) return undefined
  const { subject, subjectAltName, fingerprint256 } = certificate
  const commonNames = (subject ?? '').split('\n').filter((line) => line.startsWith('CN='))
  return {
    // Several common names are ambiguous.
    commonName: commonNames.length === 1 ? commonNames[0]!.slice('CN='.length) : '',
    alternativeNames: namesIn(subjectAltName ?? ''),
    thumbprint: Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
  }
}

/** Splits alternative names. Node writes a name in quotation marks if it could be mistaken for several. */
function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(
    ([, kind, name]) => `${kind}:${name!.startsWith('"') ? JSON.parse(name!) : name}`,
  )
}
