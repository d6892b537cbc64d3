import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { atEnd } from './harness.js'

/** Something that listens like a server and says what it is told to. */
export interface FakeServer {
  readonly port: number
  readonly sockets: readonly Socket[]
}

export const INFO =
  'INFO {"headers": true, "max_payload": 1048576, "version": "2.9.10", "jetstream": true}\r\n'

/** Starts one. It greets with `greeting`; `onData` gets what a client says, and answers by itself. */
export async function fakeServer(
  greeting: string | Buffer = INFO,
  onData: (socket: Socket, text: string) => void = pongs,
): Promise<FakeServer> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {}).on('data', (chunk) => onData(socket, chunk.toString()))
    if (greeting.length > 0) socket.write(greeting)
  }).listen(0, '127.0.0.1')
  atEnd(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, sockets }
}

/** Answers every PING. */
export function pongs(socket: Socket, text: string): void {
  for (const _ of text.matchAll(/^PING\r\n/gm)) socket.write('PONG\r\n')
}
