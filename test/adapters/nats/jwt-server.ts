import { createHash } from 'node:crypto'
import { nkeys } from '@nats-io/nats-core'

type KeyPair = ReturnType<typeof nkeys.createUser>

const base64url = (content: string | Uint8Array) => Buffer.from(content).toString('base64url')

/** A JWT as NATS signs them: of an operator for its accounts, of an account for its users. */
function jwt(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const claims = { iss: issuer.getPublicKey(), sub: subject.getPublicKey(), iat: 0, nats }
  const jti = createHash('sha256').update(JSON.stringify(claims)).digest('base64url')
  const head = base64url(JSON.stringify({ typ: 'JWT', alg: 'ed25519-nkey' }))
  const content = `${head}.${base64url(JSON.stringify({ ...claims, jti }))}`
  return `${content}.${base64url(issuer.sign(Buffer.from(content)))}`
}

function credentialsFile(token: string, user: KeyPair): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    token,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    Buffer.from(user.getSeed()).toString(),
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
}

const NO_LIMITS = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
}

/** A server with an operator and one account: its configuration, a user's credentials, and those of somebody else. */
export function jwtServer() {
  const [operator, account, otherAccount] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
  ]
  const [user, stranger] = [nkeys.createUser(), nkeys.createUser()]
  const operatorJwt = jwt(operator, operator, { type: 'operator', version: 2 })
  const accountJwt = jwt(operator, account, { type: 'account', version: 2, limits: NO_LIMITS })
  const userOf = (issuer: KeyPair, pair: KeyPair) =>
    jwt(issuer, pair, { type: 'user', version: 2, subs: -1, data: -1, payload: -1 })
  return {
    config: [
      `operator: "${operatorJwt}"`,
      'resolver: MEMORY',
      `resolver_preload: { ${account.getPublicKey()}: "${accountJwt}" }`,
    ],
    credentials: credentialsFile(userOf(account, user), user),
    strangers: credentialsFile(userOf(otherAccount, stranger), stranger),
  }
}
