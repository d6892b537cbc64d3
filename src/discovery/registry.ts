import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { explained } from '../adapters/handshake.js'
import { socketFailure } from '../adapters/socket-failure.js'
import { readTlsOptions } from '../adapters/tls.js'
import type { RedisRegistry } from '../core/discovery.js'
import { AuthError, ConnectionError } from '../core/errors/connection.js'
import { encodeCommand, type Reply, readReply } from './resp.js'

/** Maximum size of an answer in bytes. */
const LONGEST_ANSWER = 1024 * 1024
const REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM)/u

/*
 * A sorted set in Redis holds the addresses of a service. The score of an address is its expiry in milliseconds of
 * the clock of that Redis, because the clocks of clients and servers may differ.
 */

/**
 * Returns the announced addresses that have not expired.
 * @throws ConnectionError, AuthError, or the signal's reason
 */
export async function announced(registry: RedisRegistry, signal: AbortSignal): Promise<readonly string[]> {
  return inSession(registry, signal, async (command) => {
    const found = await command('ZRANGEBYSCORE', registry.key, `(${await serverTime(command)}`, '+inf')
    return Array.isArray(found) ? found.filter((each): each is string => typeof each === 'string') : []
  })
}

/** Announces an address for `ttlMs` and removes expired ones. @throws what `announced` throws */
export async function announce(
  registry: RedisRegistry,
  address: string,
  ttlMs: number,
  signal: AbortSignal,
): Promise<void> {
  await inSession(registry, signal, async (command) => {
    const now = await serverTime(command)
    await command('ZADD', registry.key, String(now + ttlMs), address)
    await command('ZREMRANGEBYSCORE', registry.key, '-inf', String(now))
  })
}

/** Withdraws an address. @throws what `announced` throws */
export async function withdraw(registry: RedisRegistry, address: string, signal: AbortSignal): Promise<void> {
  await inSession(registry, signal, (command) => command('ZREM', registry.key, address))
}

type Command = (...parts: string[]) => Promise<Reply>

async function serverTime(command: Command): Promise<number> {
  const [seconds, micros] = (await command('TIME')) as readonly string[]
  return Math.floor(Number(seconds) * 1_000 + Number(micros) / 1_000)
}

/** Connects, authenticates, lets `use` send commands one after the other, and disconnects. */
async function inSession<T>(
  registry: RedisRegistry,
  signal: AbortSignal,
  use: (command: Command) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const { host, port, username, password } = registry
  const where = `the registry at ${host}:${port}`
  const socket = await open(registry)
  const onAbort = () => socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    await once(socket, registry.tls === undefined ? 'connect' : 'secureConnect')
    const command = commander(socket, where)
    if (password !== undefined) await command('AUTH', ...(username === undefined ? [] : [username]), password)
    return await use(command)
  } catch (error) {
    signal.throwIfAborted()
    throw socketFailure(error, where)
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.on('error', () => {})
    socket.destroy()
  }
}

/** Starts to connect. With TLS the certificate must match the host, or the configured server name. */
async function open({ host, port, tls }: RedisRegistry): Promise<Socket> {
  if (tls === undefined) return connect({ host, port })
  const options = await readTlsOptions(tls)
  return explained(
    connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...options }),
    options,
  )
}

function commander(socket: Socket, where: string): Command {
  let bytes: Buffer = Buffer.alloc(0)
  return async (...parts) => {
    socket.write(encodeCommand(parts))
    for (;;) {
      const answer = readReply(bytes)
      if (answer === undefined) {
        if (bytes.length > LONGEST_ANSWER)
          throw new ConnectionError(`${where}: the answer exceeds the limit of ${LONGEST_ANSWER} bytes`)
        bytes = Buffer.concat([bytes, await nextChunk(socket, where)])
        continue
      }
      bytes = bytes.subarray(answer.next)
      if (!(answer.reply instanceof Error)) return answer.reply
      // Redis's message about a failed login contains no secret.
      const { message } = answer.reply
      if (REFUSALS.test(message)) throw new AuthError(`${where} rejects our credentials: ${message}`)
      throw new ConnectionError(`${where}: ${message}`, { retryable: false })
    }
  }
}

function nextChunk(socket: Socket, where: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      socket.off('data', onData).off('error', onError).off('close', onClose).pause()
      settle()
    }
    const onData = (chunk: Buffer) => end(() => resolve(chunk))
    const onError = (error: Error) => end(() => reject(error))
    const onClose = () => end(() => reject(new ConnectionError(`${where} closed the connection`)))
    socket.on('data', onData).on('error', onError).on('close', onClose).resume()
    if (socket.destroyed) onClose()
  })
}
