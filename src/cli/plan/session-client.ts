import { createConnection, type Socket } from 'node:net'
import { type Clock, every, systemClock } from '../../core/clock.js'
import { CONFIGURATION } from '../../embed/methods/configuration.js'
import { JSON_RPC, PROTOCOL_VERSION } from '../../embed/protocol.js'
import { type Answer, type Failed, readAnswer } from './answer.js'
import { PlanFailure } from './failure.js'

/** How often a gateway that has not answered yet is asked for a sign of life, in milliseconds. */
const LOOK_EVERY_MS = 5_000
/** After as many looks without any message it counts as stuck. */
const MOST_SILENT = 3
/** Characters of an answer. That of a plan is about as large as the configuration, which has at most 16 MiB. */
const LONGEST_ANSWER = 128 * 1024 * 1024

/** Reasons for which nobody listens at a path. */
const NOBODY = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']
/** Reasons for which writing fails when the other side has closed the connection. */
const CLOSED = ['EPIPE', 'ECONNRESET']

/**
 * Asks a gateway that runs with `--socket` for one thing. Waits as long as the gateway gives signs of life, because a
 * reload takes as long as its configuration says.
 * @returns the result, checked
 * @throws PlanFailure with what the gateway answers, or why it does not
 */
export async function askGateway(
  path: string,
  method: 'plan' | 'reload',
  params: object,
  clock: Clock = systemClock,
): Promise<unknown> {
  const conversation = new Conversation(await connect(path), path, clock)
  try {
    await conversation.ask('initialize', { protocol: PROTOCOL_VERSION, client: { name: 'nemo-gateway' } })
    const found = CONFIGURATION[method]!.result.safeParse(await conversation.ask(method, params))
    if (!found.success) throw new PlanFailure(`the answer of ${path} to "${method}" is not that of a gateway`)
    return found.data
  } finally {
    conversation.end()
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

/** One request at a time on a connection. */
class Conversation {
  readonly #socket: Socket
  readonly #path: string
  readonly #looking: { cancel(): void }
  #rest = ''
  #method = ''
  #isInitialized = false
  #settle: ((outcome: Answer | Failed) => void) | undefined
  /** Why the conversation is over. */
  #over: Failed | undefined
  /** Looks since the last message. */
  #silent = 0

  constructor(socket: Socket, path: string, clock: Clock) {
    this.#socket = socket
    this.#path = path
    this.#looking = every(clock, LOOK_EVERY_MS, () => this.#look())
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#take(text))
    const ended = `the gateway at ${path} ended before it answered`
    socket.on('end', () => this.#fail(ended))
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      this.#fail(CLOSED.includes(code ?? '') ? ended : `the connection to ${path} broke: ${message}`),
    )
  }

  /** @throws PlanFailure */
  async ask(method: string, params: object): Promise<unknown> {
    const outcome = await new Promise<Answer | Failed>((resolve) => {
      if (this.#over !== undefined) return resolve(this.#over)
      this.#settle = resolve
      this.#method = method
      this.#send(method, params)
    })
    if (outcome.kind === 'failed') throw new PlanFailure(outcome.message, outcome.diagnostics)
    this.#isInitialized = true
    return outcome.result
  }

  end(): void {
    this.#looking.cancel()
    this.#socket.destroy()
  }

  #send(method: string, params: object): void {
    this.#socket.write(`${JSON.stringify({ jsonrpc: JSON_RPC, id: method, method, params })}\n`)
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const answer = readAnswer(line, this.#path)
      this.#silent = 0
      // A message without that id, such as a sign of life, answers nothing; an error without any id is for all.
      if (answer.kind === 'failed' || answer.id === this.#method) this.#finish(answer)
    }
    if (this.#rest.length > LONGEST_ANSWER) this.#fail(`the answer of ${this.#path} is too long`)
  }

  #look(): void {
    if (++this.#silent < MOST_SILENT) {
      if (this.#isInitialized) this.#send('status', {})
      return
    }
    const seconds = (LOOK_EVERY_MS * MOST_SILENT) / 1_000
    const doubt = this.#method === 'reload' ? '; whether it has reloaded is in its log' : ''
    this.#fail(
      `the process at ${this.#path} has not answered for ${seconds} s: it is stuck or stopped, or not a gateway${doubt}`,
    )
  }

  #fail(message: string): void {
    this.#finish({ kind: 'failed', message })
  }

  #finish(outcome: Answer | Failed): void {
    if (outcome.kind === 'failed') this.#over ??= outcome
    this.#settle?.(outcome)
    this.#settle = undefined
  }
}
