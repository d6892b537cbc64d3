import type { Socket } from 'node:net'
import { ConnectionError } from '../../core/errors/connection.js'
import type { AuthSettings } from '../../core/settings/auth.js'
import { SecretMask } from '../secret-mask.js'
import { ask, type GreetingReply, ReplyFault } from './client/resp.js'
import { formatAddress, redirectAddress, type ServerAddress } from './endpoint.js'
import { greetingFailure } from './failures.js'

/** A password, and the name of the ACL user if there is one. */
export interface Credentials {
  readonly username?: string | undefined
  readonly password: string
}

/** Returns what AUTH sends for an `auth` block. The types `mtls` and `none` send nothing. */
export function credentialsOf(auth: AuthSettings): Credentials | undefined {
  return auth.type === 'password' || auth.type === 'basic' ? auth : undefined
}

/** Returns the database to select. @throws ConnectionError if the address and the `config` block name different ones */
export function databaseOf(configured: number, address: ServerAddress): number {
  const { database = configured } = address
  if (configured !== 0 && database !== configured)
    throw new ConnectionError(
      `the address ${formatAddress(address)} names database ${database} but config.database is ${configured}: remove one of them`,
      { retryable: false },
    )
  return database
}

/**
 * Logs in, selects the database and checks that the server accepts commands. This runs before ioredis gets the socket,
 * because ioredis ignores a refused password and puts the password into its errors.
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
  // A proxy may repeat a refused command with its arguments: mask the password.
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
  // A server that is loading its data, or has lost its master, refuses PING.
  await command('PING')
}

/** Checks that the server which a sentinel reported is a master. @throws ConnectionError */
export async function expectMaster(
  socket: Socket,
  address: ServerAddress,
  signal: AbortSignal,
): Promise<void> {
  const reply = await ask(socket, ['ROLE'], signal)
  // The account may not run ROLE: trust the sentinel. A replica would refuse the first write.
  if (reply instanceof ReplyFault) return
  const role = Array.isArray(reply) ? (reply as readonly GreetingReply[])[0] : undefined
  if (role !== 'master')
    throw new ConnectionError(
      `${formatAddress(address)} was reported by a sentinel as the master, but its role is ${JSON.stringify(role)}`,
      {
        errorClass: 'service-unavailable',
      },
    )
}

/**
 * Asks a sentinel for the address of the master (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
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
    throw new ConnectionError(
      `sentinel ${where} does not watch a master named ${JSON.stringify(master)}: check config.sentinel.master`,
    )
  const [host, port] = reply as readonly GreetingReply[]
  const address = redirectAddress(`${host}:${port}`, { ...sentinel, tls })
  if (address === undefined) throw new ConnectionError(`sentinel ${where} did not answer with an address`)
  return address
}
