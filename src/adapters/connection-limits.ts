import type { Server, Socket } from 'node:net'
import type { LimitSettings } from '../core/settings/limits.js'
import { addressGroup } from './caller-address.js'
import type { Refusals } from './refusals.js'

/**
 * Limits the open connections of a server, in all and from one address. A connection beyond the limits is closed before
 * anything is read from it, and before the TLS handshake.
 */
export function limitConnections(server: Server, limits: LimitSettings, refusals: Refusals): void {
  const { connections = Number.POSITIVE_INFINITY, connectionsPerAddress = connections } = limits
  const open = new Map<string, number>()
  const accept = server.listeners('connection') as ((socket: Socket) => void)[]
  let all = 0
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const group = addressGroup(socket.remoteAddress)
    const count = open.get(group) ?? 0
    if (all >= connections) return refuse(socket, 'too many connections', refusals)
    if (count >= connectionsPerAddress)
      return refuse(socket, 'too many connections from this address', refusals)
    all++
    open.set(group, count + 1)
    socket.once('close', () => {
      all--
      const left = open.get(group)! - 1
      if (left > 0) open.set(group, left)
      else open.delete(group)
    })
    for (const listener of accept) listener.call(server, socket)
  })
}

function refuse(socket: Socket, reason: string, refusals: Refusals): void {
  refusals.add({ reason, address: socket.remoteAddress })
  // The other listeners that handle errors are not attached yet.
  socket.on('error', () => {})
  socket.destroy()
}
