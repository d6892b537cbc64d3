import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { ConnectionError } from '../core/errors/connection.js'
import type { TlsSettings } from '../core/settings/tls.js'
import { socketFailure } from './socket-failure.js'
import { readTlsOptions } from './tls.js'

/** Maximum size of an answer in bytes; a token has a few kilobytes. */
const LARGEST_ANSWER = 256 * 1024

/** A request to the token endpoint. */
export interface TokenPost {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Posts to a token endpoint on a separate connection and reads the whole answer. Redirects are not followed, so
 * that the secret goes nowhere else; the certificate is always verified, whatever `tls` says, and the authority in
 * `tls` is trusted in addition to the default ones.
 * @throws ConnectionError, AuthError, or the signal's reason
 */
export async function tokenRequest(
  url: string,
  post: TokenPost,
  tls: TlsSettings | undefined,
  integration: string,
  signal: AbortSignal,
): Promise<Response> {
  const { protocol, origin } = new URL(url)
  const trust = protocol === 'https:' ? { secureContext: await trustOf(tls) } : {}
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(signal.aborted ? signal.reason : socketFailure(error, origin, { integration }))
    const { method, headers, body } = post
    const options = { ...trust, method, headers, agent: false as const, signal }
    const request = (protocol === 'https:' ? requestSecure : requestPlain)(url, options, (answer) => {
      const chunks: Buffer[] = []
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= LARGEST_ANSWER) chunks.push(chunk)
        else answer.destroy(new Error(`the answer exceeds the limit of ${LARGEST_ANSWER} bytes`))
      })
      answer.on('error', fail)
      answer.on('end', () => {
        try {
          resolve(responseOf(answer.statusCode ?? 0, answer.headersDistinct, Buffer.concat(chunks)))
        } catch (error) {
          fail(error)
        }
      })
    })
    request.on('error', fail)
    request.end(body)
  })
}

interface Trust {
  readonly ca: string | undefined
  readonly secureContext: SecureContext
}

/** The last context of each authority file and version of TLS. */
const trusts = new Map<string, Trust>()

/**
 * Returns the authorities to trust. They are parsed again only if the file has changed: parsing takes some 10 ms, which
 * many callers with new tokens would turn into a blocked thread.
 */
async function trustOf({ caCert, minVersion }: Partial<TlsSettings> = {}): Promise<SecureContext> {
  const files = caCert === undefined ? undefined : (await readTlsOptions({ verifyServer: true, caCert })).ca
  const ca = files?.toString()
  const key = JSON.stringify([caCert, minVersion])
  const before = trusts.get(key)
  if (before !== undefined && before.ca === ca) return before.secureContext
  const secureContext = createSecureContext({
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
    ...(minVersion !== undefined && { minVersion }),
  })
  trusts.set(key, { ca, secureContext })
  return secureContext
}

function responseOf(status: number, headers: NodeJS.Dict<string[]>, body: Buffer): Response {
  if (status < 200 || status > 599) throw new ConnectionError(`the answer has the status ${status}`)
  const list = Object.entries(headers).flatMap(([name, values]) =>
    (values ?? []).map((value): [string, string] => [name, value]),
  )
  return new Response(body.length === 0 ? null : new Uint8Array(body), { status, headers: list })
}
