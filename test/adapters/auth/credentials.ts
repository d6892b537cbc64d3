import { jwtVerify } from 'jose'
import type { AuthSettings, JwtSettings } from '../../../src/core/settings/auth.js'
import { SECRET } from './support.js'

/** The wrong secret, of the right length. */
export const WRONG = 'unmistakable-but-wrong-secret-of-32-bytes'

export const JWT: JwtSettings = {
  type: 'jwt',
  key: { kind: 'secret', secret: SECRET },
  algorithm: 'HS256',
  issuer: 'us',
  audience: 'them',
  expiresInMs: 60_000,
  claims: {},
}

export const basic = (password: string): AuthSettings => ({ type: 'basic', username: 'ann', password })
/** The header of `basic(SECRET)`. */
export const BASIC_HEADER = `Basic ${Buffer.from(`ann:${SECRET}`).toString('base64')}`

/** Whether a header holds a token that was made as `JWT` says. */
export async function isSigned(header: string): Promise<boolean> {
  try {
    await jwtVerify(header.replace('Bearer ', ''), Buffer.from(SECRET), { issuer: 'us', audience: 'them' })
    return true
  } catch {
    return false
  }
}

/** Whether a service lets in whoever sends this header. */
export type Admits = (header: string) => boolean | Promise<boolean>

/** Each kind of auth with a check of the header that it sends. */
export const ADMITTED: readonly (readonly [string, AuthSettings, Admits])[] = [
  ['none', { type: 'none' }, (header) => header === ''],
  ['basic', basic(SECRET), (header) => header === BASIC_HEADER],
  ['bearer', { type: 'bearer', token: SECRET }, (header) => header === `Bearer ${SECRET}`],
  ['jwt', JWT, isSigned],
]

/** Each kind with a wrong secret, or with none. */
export const REFUSED: readonly (readonly [string, AuthSettings])[] = [
  ['none', { type: 'none' }],
  ['basic', basic(WRONG)],
  ['bearer', { type: 'bearer', token: WRONG }],
  ['jwt', { ...JWT, key: { kind: 'secret', secret: WRONG } }],
]
