// Stands for an identity provider: makes a key pair once, and prints a token that is valid for an hour.
//
//   node token.mjs ann orders.write orders.read
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = process.env.KEYS ?? fileURLToPath(new URL('.', import.meta.url))
const [subject = 'ann', ...scopes] = process.argv.slice(2)
const now = Math.floor(Date.now() / 1_000)

const base64 = (object) => Buffer.from(JSON.stringify(object)).toString('base64url')
const content = `${base64({ alg: 'EdDSA', typ: 'JWT' })}.${base64({
  iss: 'api-jwt example',
  aud: 'orders-api',
  sub: subject,
  scope: scopes.join(' '),
  iat: now,
  exp: now + 3_600,
})}`
const signature = sign(null, Buffer.from(content), privateKey()).toString('base64url')
process.stdout.write(`${content}.${signature}\n`)

function privateKey() {
  const path = `${folder}/private.pem`
  if (!existsSync(path)) {
    const pair = generateKeyPairSync('ed25519')
    writeFileSync(path, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    writeFileSync(`${folder}/public.pem`, pair.publicKey.export({ type: 'spki', format: 'pem' }))
  }
  return createPrivateKey(readFileSync(path))
}
