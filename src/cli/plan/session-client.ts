import { createConnection, type Socket } from 'node:net'
import type { Diagnostic } from '../../core/diagnostic.js'
import { JSON_RPC, PROTOCOL_VERSION } from '../../embed/protocol.js'
import { PlanFailure } from './failure.js'

interface Answer {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: {
    readonly message: string
    readonly data?: { readonly diagnostics?: readonly Diagnostic[] }
  }
}

/** Reasons for which nobody listens at a path. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']

/**
 * Asks a gateway that runs with `--socket` for one thing.
 * @returns the result
 * @throws PlanFailure with what the gateway answers, or why it cannot be reached
 */
export async function askGateway<T>(path: string, method: string, params: object): Promise<T> {
  const socket = await connect(path)
  try {
    const answers = answersOf(socket, path)
    await ask(socket, answers, 'initialize', { protocol: PROTOCOL_VERSION, client: { name: 'nemo-gateway' } })
    return (await ask(socket, answers, method, params)) as T
  } finally {
    socket.destroy()
  }
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason = NOBODY.includes(code ?? '')
        ? `no gateway listens at ${path}: start one with "nemo-gateway run FILE --socket ${path}"`
        : `cannot connect to ${path}: ${message}`
      reject(new PlanFailure(reason))
    })
  })
}

/** Reads the lines of a gateway. @throws PlanFailure if it ends before it has answered */
async function* answersOf(socket: Socket, path: string): AsyncGenerator<Answer, never> {
  let rest = ''
  try {
    for await (const text of socket.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) yield JSON.parse(line) as Answer
    }
  } catch (error) {
    throw new PlanFailure(`the connection to ${path} broke: ${(error as Error).message}`)
  }
  throw new PlanFailure(`the gateway at ${path} ended before it answered`)
}

async function ask(
  socket: Socket,
  answers: AsyncGenerator<Answer, never>,
  method: string,
  params: object,
): Promise<unknown> {
  socket.write(`${JSON.stringify({ jsonrpc: JSON_RPC, id: method, method, params })}\n`)
  for (;;) {
    const { id, result, error } = (await answers.next()).value
    if (error !== undefined) throw new PlanFailure(error.message, error.data?.diagnostics)
    if (id === method) return result
  }
}
