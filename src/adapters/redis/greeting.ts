import type { Socket } from 'node:net'
import { ConnectionError } from '../../core/errors.js'
import type { AuthSettings } from '../../core/settings.js'
import { SecretMask } from '../secret-mask.js'
import { ask, type GreetingReply, ReplyFault } from './client/resp.js'
import { formatAddress, redirectAddress, type ServerAddress } from './endpoint.js'
import { greetingFailure } from './failures.js'

/** Who we say we are: a password, with the name of an ACL user where there is one. */
export interface Credentials {
  readonly username?: string | undefined
  readonly password: string
}

/** What an `auth` block means to Redis (AUTH); with `mtls` and `none` nothing is sent. */
export function credentialsOf(auth: AuthSettings): Credentials | undefined {
  return auth.type === 'password' || auth.type === 'basic' ? auth : undefined
}

/** The database to select. @throws ConnectionError when the address and the `config` block name different ones */
export function databaseOf(configured: number, address: ServerAddress): number {
  const { database = configured } = address
  if (configured !== 0 && database !== configured)
    throw new ConnectionError(
      `the address ${formatAddress(address)} names database ${database}, config.database is ${configured}: keep one`,
      { retryable: false },
    )
  return database
}

/**
 * Logs in, selects the database and makes sure that the server serves. Done by us, before the client library gets
 * the socket: it would accept a password that the server does not want, and put ours into its errors.
 * @throws AuthError, ConnectionError
 */
export async function greet(
  socket: Socket,
  address: ServerAddress,
  credentials: Credentials | undefined,
  database: number,
  signal: AbortSignal,
): Promise<void> {
  const where = formatAddress(address)
  // A proxy before the server may repeat what it does not take.
  const mask = new SecretMask([credentials?.password])
  const command = async (...args: string[]) => {
    const reply = await ask(socket, args, signal)
    if (reply instanceof ReplyFault) throw greetingFailure(where, mask.text(reply.text))
  }
  if (credentials !== undefined) {
    const { username, password } = credentials
    await (username === undefined ? command('AUTH', password) : command('AUTH', username, password))
  }
  if (database !== 0) await command('SELECT', String(database))
  // A server that is loading its data, or has lost its master, says so here.
  await command('PING')
}

/** Makes sure that a server which sentinels called the master is one. @throws ConnectionError */
export async function expectMaster(
  socket: Socket,
  address: ServerAddress,
  signal: AbortSignal,
): Promise<void> {
  const reply = await ask(socket, ['ROLE'], signal)
  // Without the right to ask, the sentinels have to be believed; a replica refuses the first write.
  if (reply instanceof ReplyFault) return
  const role = Array.isArray(reply) ? (reply as readonly GreetingReply[])[0] : undefined
  if (role !== 'master')
    throw new ConnectionError(
      `${formatAddress(address)} is not a master: its role is ${JSON.stringify(role)}`,
      {
        errorClass: 'service-unavailable',
      },
    )
}

/**
 * Asks a sentinel where the master is (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
 * @throws ConnectionError, AuthError
 */
export async function masterAddress(
  socket: Socket,
  sentinel: ServerAddress,
  master: string,
  tls: boolean,
  signal: AbortSignal,
): Promise<ServerAddress> {
  const where = formatAddress(sentinel)
  const reply = await ask(socket, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master], signal)
  if (reply instanceof ReplyFault) throw greetingFailure(where, reply.text)
  if (!Array.isArray(reply))
    throw new ConnectionError(`the sentinel ${where} knows no master ${JSON.stringify(master)}`)
  const [host, port] = reply as readonly GreetingReply[]
  const address = redirectAddress(`${host}:${port}`, { ...sentinel, tls })
  if (address === undefined) throw new ConnectionError(`the sentinel ${where} answers with no address`)
  return address
}
