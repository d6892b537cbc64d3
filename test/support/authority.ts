import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

export interface Subject {
  readonly name: string
  /** Host names and IPv4 addresses it is for; none for a client. */
  readonly hosts?: readonly string[]
  /** Days from now; by default it began yesterday and ends tomorrow. */
  readonly days?: readonly [from: number, to: number]
}

const DAY_MS = 86_400_000
const LOCALHOST: Subject = { name: 'server', hosts: ['localhost', '127.0.0.1'] }

/** An authority of certificates that nobody knows but the tests (X.509 by hand: RFC 5280). */
export class TestAuthority {
  /** Its own certificate, as PEM. */
  readonly ca: string
  readonly #name: string
  readonly #key: KeyObject

  constructor(name = 'an authority of the tests') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = name
    this.#key = privateKey
    this.ca = this.#certificate({ name }, publicKey, true)
  }

  /** A certificate with a new key; for localhost unless told otherwise. */
  issue(subject: Subject = LOCALHOST): Issued {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return {
      cert: this.#certificate(subject, publicKey, false),
      key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    }
  }

  #certificate(
    { name, hosts = [], days: [from, to] = [-1, 1] }: Subject,
    key: KeyObject,
    isCa: boolean,
  ): string {
    const extensions = [
      ...(isCa ? [extension('2.5.29.19', der(0x30, der(0x01, Buffer.of(0xff))), true)] : []),
      ...(hosts.length > 0 ? [extension('2.5.29.17', der(0x30, ...hosts.map(hostName)))] : []),
    ]
    const content = der(
      0x30,
      der(0xa0, der(0x02, Buffer.of(2))),
      der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
      ECDSA_WITH_SHA256,
      distinguished(this.#name),
      der(0x30, time(from), time(to)),
      distinguished(name),
      key.export({ type: 'spki', format: 'der' }),
      ...(extensions.length > 0 ? [der(0xa3, der(0x30, ...extensions))] : []),
    )
    const signature = der(0x03, Buffer.of(0), sign('sha256', content, this.#key))
    return pem(der(0x30, content, ECDSA_WITH_SHA256, signature))
  }
}

/** Files with such contents by their names, in a folder of their own. */
export function temporaryFiles<N extends string>(
  contents: Readonly<Record<N, string>>,
): { readonly [name in N]: string } & { readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-files-'))
  const paths = Object.entries<string>(contents).map(([name, text]) => {
    const path = join(folder, `${name}.pem`)
    writeFileSync(path, text)
    return [name, path]
  })
  return { ...Object.fromEntries(paths), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

const ECDSA_WITH_SHA256 = der(0x30, objectId('1.2.840.10045.4.3.2'))

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 0x80
      ? Buffer.of(length)
      : length < 0x100
        ? Buffer.of(0x81, length)
        : Buffer.of(0x82, length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(tag), size, content])
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const base128 = (number: number): number[] =>
    number < 0x80 ? [number] : [...base128(number >> 7).map((byte) => byte | 0x80), number & 0x7f]
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function distinguished(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, objectId('2.5.4.3'), der(0x0c, Buffer.from(commonName)))))
}

function time(days: number): Buffer {
  const date = new Date(Date.now() + days * DAY_MS)
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '')}Z`))
}

function extension(id: string, content: Buffer, critical = false): Buffer {
  const mark = critical ? [der(0x01, Buffer.of(0xff))] : []
  return der(0x30, objectId(id), ...mark, der(0x04, content))
}

function hostName(host: string): Buffer {
  return isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g)!
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
