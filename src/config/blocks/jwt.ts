import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { JwtSettings } from '../../core/settings.js'
import { duration, oneOf, text } from '../kinds.js'
import type { JwtBlock } from '../options.js'
import type { Section } from '../section.js'
import { readFilePath } from './file-path.js'
import { checkBySchema } from './schema-block.js'

const FIVE_MINUTES_MS = 300_000
/** Bytes that a secret has at least: as many as the hash (RFC 7518, section 3.2). */
const LEAST_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const
const HMAC = Object.keys(LEAST_BYTES) as (keyof typeof LEAST_BYTES)[]
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}
const RSA_BITS = 2048

const CLAIMS = z.record(z.string(), z.unknown())

/** Claims that the block has names of its own for, or that are the gateway's. */
const OWN_CLAIMS: Readonly<Record<string, string>> = {
  iss: 'it is "issuer" in the block itself',
  sub: 'it is "subject" in the block itself',
  aud: 'it is "audience" in the block itself',
  exp: 'it comes from "expires_in"',
  iat: 'the gateway sets it',
  nbf: 'the gateway sets it',
  jti: 'the gateway sets it',
}

/** An `auth` block of type `jwt`. @returns undefined when there is no usable key; that has been reported */
export function readJwt(section: Section<JwtBlock>): JwtSettings | undefined {
  const issuer = section.value('issuer', text)
  const subject = section.value('subject', text)
  const audience = section.value('audience', text)
  const keyId = section.value('key_id', text)
  const expiresInMs = section.value('expires_in', duration(1000)) ?? FIVE_MINUTES_MS
  const claims = readClaims(section)
  const signing = readSigning(section)
  return (
    signing && {
      type: 'jwt',
      ...signing,
      ...(issuer !== undefined && { issuer }),
      ...(subject !== undefined && { subject }),
      ...(audience !== undefined && { audience }),
      ...(keyId !== undefined && { keyId }),
      expiresInMs,
      claims,
    }
  )
}

type Signing = Pick<JwtSettings, 'key' | 'algorithm'>

function readSigning(section: Section<JwtBlock>): Signing | undefined {
  const [secret, file] = [section.node('secret'), section.node('private_key')]
  if (secret !== undefined && file !== undefined)
    section.fault(file.nameSpan, { message: 'there is a "secret" already', hint: 'a token has one key' })
  if (secret !== undefined) return readSecret(section)
  if (file !== undefined) return readPrivateKey(section)
  section.node('algorithm')
  section.fault(section.span, {
    message: 'auth of type "jwt" needs "secret" or "private_key"',
    hint: 'private_key = "PATH" is a PEM file; the server checks tokens with the public key of it',
  })
  return undefined
}

function readSecret(section: Section<JwtBlock>): Signing | undefined {
  const algorithm = section.value('algorithm', oneOf(HMAC)) ?? 'HS256'
  const secret = section.value('secret', text)
  if (secret === undefined) return undefined
  const bytes = Buffer.byteLength(secret)
  if (bytes >= LEAST_BYTES[algorithm]) return { key: { kind: 'secret', secret }, algorithm }
  section.fault(section.node('secret')!.span, {
    message: `the secret is too short for ${algorithm}`,
    expected: `at least ${LEAST_BYTES[algorithm]} bytes`,
    found: `${bytes} bytes`,
    hint: 'a shorter one can be guessed from a single token; "openssl rand -base64 48" makes a good one',
  })
  return undefined
}

function readPrivateKey(section: Section<JwtBlock>): Signing | undefined {
  const file = readFilePath(section, 'private_key')
  const key = file && keyIn(file)
  const fitting = key ? algorithmsOf(key) : []
  if (file !== undefined && fitting.length === 0)
    section.wrong(
      'private_key',
      section.node('private_key')!,
      `the path of a PEM file with a private key: RSA of ${RSA_BITS} bits or more, P-256, P-384, P-521 or Ed25519`,
      'a key with a passphrase has to be decrypted first',
    )
  if (file === undefined || fitting.length === 0) {
    section.node('algorithm')
    return undefined
  }
  const algorithm = section.value('algorithm', oneOf(fitting)) ?? fitting[0]!
  return { key: { kind: 'pem', file }, algorithm }
}

function keyIn(file: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(file))
  } catch {
    return undefined
  }
}

/** The algorithms that sign with a key (RFC 7518, RFC 8037), the usual one first. */
function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS ? RSA : []
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  const curve = CURVES[asymmetricKeyDetails?.namedCurve ?? '']
  return asymmetricKeyType === 'ec' && curve !== undefined ? [curve] : []
}

function readClaims(section: Section<JwtBlock>): JwtSettings['claims'] {
  const node = section.node('claims')
  if (node?.content.kind === 'map')
    for (const [name, { nameSpan }] of node.content.entries)
      if (Object.hasOwn(OWN_CLAIMS, name))
        section.fault(nameSpan, { message: `"${name}" is no claim of one's own`, hint: OWN_CLAIMS[name]! })
  const owner = { span: section.span, title: 'the block "claims"' }
  return checkBySchema(CLAIMS, node, owner, section.diagnostics)
}
