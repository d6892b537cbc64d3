import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { closed } from '../../../support/closed.js'

/** One HTTP answer. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A bare connection that reads HTTP answers one by one. Ends with the test. */
export class RawConnection {
  readonly socket: Socket
  #text = ''
  #wake = () => {}
  isClosed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      this.isClosed = true
      this.#wake()
    })
  }

  write(...pieces: (string | Uint8Array)[]): this {
    for (const piece of pieces) this.socket.write(piece)
    return this
  }

  /** Reads the next answer; `undefined` if the connection ends first. */
  async answer(): Promise<RawAnswer | undefined> {
    for (;;) {
      const answer = this.#take()
      if (answer !== undefined || this.isClosed) return answer
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #take(): RawAnswer | undefined {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first = '', ...lines] = this.#text.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    )
    const length = Number(headers['content-length'] ?? 0)
    const rest = this.#text.slice(end + 4)
    if (rest.length < length) return undefined
    this.#text = rest.slice(length)
    const body = Buffer.from(rest.slice(0, length), 'latin1').toString()
    return { status: Number(first.split(' ')[1]), headers, body }
  }

  /** Resolves when the other side has closed the connection. */
  async closed(): Promise<void> {
    if (!this.isClosed) await closed(this.socket)
  }
}

export async function rawConnection(port: number, from = '127.0.0.1'): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  onTestFinished(() => void socket.destroy())
  const connection = new RawConnection(socket)
  await once(socket, 'connect')
  return connection
}

/** The text of a POST of a body. */
export function rawPost(body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
