import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server that answers each command with what it is told; by default as Redis answers a greeting. */
export async function hostile(
  answer: (command: string, socket: Socket) => string | undefined,
): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (const command of chunk.toString('latin1').match(/\*\d+\r\n\$\d+\r\n\w+/g) ?? []) {
        const name = command.split('\r\n')[2]!.toLowerCase()
        socket.write(answer(name, socket) ?? (name === 'hello' ? '%0\r\n' : '+OK\r\n'), 'latin1')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}
