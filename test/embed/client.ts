import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Peer } from './transcript.js'

export const MAIN = new URL('../../src/cli/main.js', import.meta.url).pathname

export interface Answer {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: {
    readonly code: number
    readonly message: string
    readonly data?: Record<string, unknown>
  }
}

export interface Sent {
  readonly id?: unknown
  readonly method: string
  readonly params: Record<string, unknown>
}

/** A client of the protocol, one message a line. */
export class LineClient implements Peer {
  readonly unread: unknown[] = []
  readonly #output: Writable
  readonly #answers = new Map<unknown, (answer: Answer) => void>()
  readonly #exit: Promise<number | null>
  #arrivals: (() => void)[] = []
  #rest = ''
  #last = 0

  constructor(input: Readable, output: Writable, exit: Promise<number | null>) {
    this.#output = output
    this.#exit = exit
    output.on('error', () => {})
    input.setEncoding('utf8').on('data', (text: string) => this.#take(text))
  }

  write(text: string): void {
    this.#output.write(text)
  }

  arrival(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve))
  }

  exit(): Promise<number | null> {
    return this.#exit
  }

  /** Sends a request. Resolves with its answer. */
  ask(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.#last
    const answer = new Promise<Answer>((resolve) => this.#answers.set(id, resolve))
    this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    return answer
  }

  /** Sends a request. @throws Error if the answer is an error */
  async call<T = unknown>(method: string, params: object = {}): Promise<T> {
    const { result, error } = await this.ask(method, params)
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result as T
  }

  notify(method: string, params: object): void {
    this.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`)
  }

  initialize(): Promise<unknown> {
    return this.call('initialize', { protocol: 1 })
  }

  /** Takes the next notification of that name, and waits for it. */
  async next(method: string): Promise<Sent> {
    for (;;) {
      const at = this.unread.findIndex((message) => (message as Sent).method === method)
      if (at >= 0) return this.unread.splice(at, 1)[0] as Sent
      await this.arrival()
    }
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      const message = JSON.parse(line) as Answer
      const resolve = this.#answers.get(message.id)
      if (resolve === undefined) this.unread.push(message)
      else {
        this.#answers.delete(message.id)
        resolve(message)
      }
    }
    const arrivals = this.#arrivals
    this.#arrivals = []
    for (const resume of arrivals) resume()
  }
}

/** A gateway as a child process. */
export interface Embedded {
  readonly child: ChildProcess
  readonly client: LineClient
  readonly exit: Promise<number | null>
  readonly stderr: () => string
}

/** Starts a gateway that is driven over stdio. */
export function embed(file: string, args: readonly string[] = []): Embedded {
  const child = spawn(process.execPath, [MAIN, 'run', file, '--stdio', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, client: new LineClient(child.stdout, child.stdin, exit), exit, stderr: () => stderr }
}
