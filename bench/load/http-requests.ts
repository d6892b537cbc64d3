import type { Socket } from 'node:net'

const END_OF_HEAD = '\r\n\r\n'
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i

/**
 * Reads the requests of one connection of HTTP/1.1, as far as clients under test send them: each has a
 * `content-length`, and they may come in pieces or several at once. It does what a service on another machine would
 * not take from us: as little as possible, since all sides of a measurement share two cores.
 * @param answer makes the body of the answer out of that of a request
 */
export function serveHttp(socket: Socket, answer: (body: string) => string): void {
  let waiting: Buffer | undefined
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (piece: Buffer) => {
    let bytes = waiting === undefined ? piece : Buffer.concat([waiting, piece])
    for (let request = first(bytes); request !== undefined; request = first(bytes)) {
      const body = answer(bytes.toString('utf8', request.bodyAt, request.end))
      const length = Buffer.byteLength(body)
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
      )
      bytes = bytes.subarray(request.end)
    }
    waiting = bytes.length > 0 ? bytes : undefined
  })
}

/** Where the first request in these bytes has its body; `undefined` while it is not complete. */
function first(bytes: Buffer): { readonly bodyAt: number; readonly end: number } | undefined {
  const endOfHead = bytes.indexOf(END_OF_HEAD)
  if (endOfHead < 0) return undefined
  const length = CONTENT_LENGTH.exec(bytes.toString('latin1', 0, endOfHead))?.[1]
  if (length === undefined) throw new Error('a request without content-length')
  const bodyAt = endOfHead + END_OF_HEAD.length
  const end = bodyAt + Number(length)
  return end <= bytes.length ? { bodyAt, end } : undefined
}
