import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import { makeAuthentication } from '../../src/authentication/make-authentication.js'
import type { ProviderRequest } from '../../src/authentication/provider.js'
import type { Authentication, Caller, Credentials } from '../../src/core/adapter/authentication.js'
import type {
  AccessRule,
  AuthenticationSettings,
  JwtVerification,
  KeySetSettings,
  SchemeSettings,
  TokenRules,
} from '../../src/core/settings/authentication.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

export const SECRET = 'a shared secret of at least thirty-two bytes'

export const TOKEN_RULES: TokenRules = {
  maxToken: 8_192,
  cacheSize: 100,
  scopesClaim: 'scope',
  rolesClaim: 'roles',
  certificateBound: false,
}

export const KEY_SET: KeySetSettings = {
  maxAgeMs: 600_000,
  maxStaleMs: 86_400_000,
  cooldownMs: 30_000,
  timeoutMs: 5_000,
}

export function jwtScheme(given: Partial<JwtVerification> = {}): JwtVerification {
  return {
    type: 'jwt',
    ...TOKEN_RULES,
    key: { kind: 'secret', secret: SECRET },
    algorithms: ['HS256'],
    issuers: [],
    audiences: [],
    requiredClaims: ['exp'],
    clockToleranceMs: 5_000,
    ...given,
  }
}

const REQUIRED: AccessRule = { auth: 'required', scopes: [], roles: [] }

export interface Subject {
  readonly authentication: Authentication
  readonly clock: ManualClock
  readonly records: LogRecord[]
  identify(token: string, more?: Credentials): Promise<Caller>
}

/** An authentication with a clock that the test drives. */
export function subject(
  scheme: SchemeSettings,
  request?: ProviderRequest,
  rules: Partial<AuthenticationSettings> = {},
): Subject {
  const clock = new ManualClock()
  const records: LogRecord[] = []
  const authentication = makeAuthentication({ scheme, rule: REQUIRED, methods: {}, ...rules }, 'api', {
    clock,
    log: (record) => void records.push(record),
    ...(request && { request }),
  })
  return {
    authentication,
    clock,
    records,
    identify: async (token, more = {}) =>
      authentication.identify({ authorization: `Bearer ${token}`, ...more }),
  }
}

/** Signs a token with claims that are valid at the start of a manual clock, unless told otherwise. */
export function sign(
  claims: JWTPayload,
  {
    alg = 'HS256',
    key,
    kid,
    ...header
  }: { alg?: string; key?: KeyObject; kid?: string; [name: string]: unknown } = {},
): Promise<string> {
  const now = new ManualClock().now() / 1_000
  return new SignJWT({ sub: 'ann', exp: now + 3_600, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }), ...header })
    .sign(key ?? new TextEncoder().encode(SECRET))
}

/** A token of any content, whose signature is that of nobody. */
export function forged(header: string, payload: string, signature = 'AAAA'): string {
  const part = (text: string) => Buffer.from(text).toString('base64url')
  return `${part(header)}.${part(payload)}.${signature}`
}

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export const rsa = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: 2048 })
export const p256 = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A key as a set publishes it. */
export async function published({ privateKey }: KeyPair, kid: string, more: object = {}): Promise<object> {
  return { ...(await exportJWK(createPublicKey(privateKey))), kid, use: 'sig', ...more }
}

/** An identity provider without a socket: answers the documents of these paths, and counts. */
export class Provider {
  readonly asked: string[] = []
  documents: { [path: string]: unknown } = {}
  /** Answers nothing while set. */
  isAway = false
  readonly request: ProviderRequest = async (url) => {
    this.asked.push(url)
    if (this.isAway) throw new Error('connect ECONNREFUSED')
    const { pathname } = new URL(url)
    const document = this.documents[pathname]
    return new Response(JSON.stringify(document ?? {}), { status: document === undefined ? 404 : 200 })
  }
}
