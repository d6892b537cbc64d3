import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jwtVerify } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { tokenSource } from '../../../src/adapters/token-source.js'
import { AuthError } from '../../../src/core/errors/connection.js'
import type { JwtSettings } from '../../../src/core/settings/auth.js'
import { adapterContext } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { waitFor } from '../../support/wait-for.js'
import { SECRET, sourceFor } from './support.js'

const settings = (given: Partial<JwtSettings> = {}): JwtSettings => ({
  type: 'jwt',
  key: { kind: 'secret', secret: SECRET },
  algorithm: 'HS256',
  expiresInMs: 300_000,
  claims: {},
  ...given,
})

function keyFile(key: KeyObject | string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-jwt-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key.pem')
  writeFileSync(file, typeof key === 'string' ? key : key.export({ type: 'pkcs8', format: 'pem' }))
  return file
}

test('a token has what the settings say, and its times from the clock', async () => {
  const { source, clock } = sourceFor(
    settings({ issuer: 'i', subject: 's', audience: 'a', keyId: 'k', claims: { roles: ['r'] } }),
  )
  const verified = await jwtVerify(await source.token(), Buffer.from(SECRET), {
    currentDate: new Date(clock.now()),
    issuer: 'i',
    subject: 's',
    audience: 'a',
  })
  const now = clock.now() / 1_000
  expect(verified.protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'k' })
  expect(verified.payload).toMatchObject({ iat: now, exp: now + 300, roles: ['r'], jti: expect.any(String) })
})

test.each([
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['EdDSA', generateKeyPairSync('ed25519')],
])('a private key signs with %s', async (algorithm, { privateKey, publicKey }) => {
  const key = { kind: 'pem', file: keyFile(privateKey) } as const
  const { source, clock } = sourceFor(settings({ key, algorithm }))
  const { protectedHeader } = await jwtVerify(await source.token(), publicKey, {
    currentDate: new Date(clock.now()),
  })
  expect(protectedHeader.alg).toBe(algorithm)
})

test('it is minted anew before it expires, and after it was refused', async () => {
  const { source, clock } = sourceFor(settings())
  const first = await source.token()
  clock.stall(239_000)
  expect(await source.token()).toBe(first)
  clock.stall(2_000)
  await waitFor(async () => (await source.token()) !== first, { what: 'another token' })
  const second = await source.token()
  source.rejected(second)
  expect(await source.token()).not.toBe(second)
})

test('a key file that was replaced is taken up', async () => {
  const [one, two] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  const file = keyFile(one!.privateKey)
  const { source, clock } = sourceFor(settings({ key: { kind: 'pem', file }, algorithm: 'ES256' }))
  const currentDate = new Date(clock.now())
  const first = await source.token()
  await jwtVerify(first, one!.publicKey, { currentDate })
  writeFileSync(file, two!.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  source.rejected(first)
  await expect(jwtVerify(await source.token(), two!.publicKey, { currentDate })).resolves.toBeDefined()
})

test.each([
  ['is missing', () => '/nowhere/key.pem', 'cannot read the private key file /nowhere/key.pem: ENOENT'],
  ['holds no key', () => keyFile(SECRET), 'expected a private key without a passphrase'],
  [
    'holds a key of another kind',
    () => keyFile(generateKeyPairSync('ed25519').privateKey),
    'the key cannot sign with ES256',
  ],
])('a key file that %s is an AuthError', async (_, file, reason) => {
  const { source } = sourceFor(settings({ key: { kind: 'pem', file: file() }, algorithm: 'ES256' }))
  const error = await failureOf(source.token())
  expect(error).toBeInstanceOf(AuthError)
  expect(error.message).toContain(reason)
  expect(error.message).not.toContain(SECRET)
})

test('a bearer token is what it is; other types have none', async () => {
  const { source } = sourceFor({ type: 'bearer', token: 't' })
  expect(await source.token()).toBe('t')
  source.rejected('t')
  expect(await source.token()).toBe('t')
  const none = adapterContext({ auth: { type: 'basic', username: 'u', password: 'p' } })
  expect(tokenSource(none)).toBeUndefined()
})
