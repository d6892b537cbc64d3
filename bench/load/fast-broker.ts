/**
 * A process that is a broker which outruns its subscribers: it sends the same packets, built before, to every
 * connection that has subscribed, as fast as each takes them. On a machine with few cores a real broker and its
 * publisher need so much of them that no subscriber falls behind, which is the very thing to be measured.
 * Says its port when it is ready. Takes `FlooderOrder` messages; ends with its parent.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { publishPackets } from './mqtt-packets.js'
import type { FlooderOrder } from './orders.js'

/**
 * Messages in one write, some 10 KB. A broker writes what it has from one turn of its loop, not a socket full; and
 * written 40 KB at a time it depends on chance whether the kernel ever gives the receiver's socket on loopback a
 * buffer that holds more than the client reads in one turn, as one on a network has. Without it nobody falls behind.
 */
const MESSAGES_IN_PIECE = 64
const PIECES = pieces(publishPackets(256, 5), MESSAGES_IN_PIECE)
/** Pieces written and not yet taken: enough to keep the socket busy. */
const PIECES_UNDER_WAY = 16
/** Nobody benchmarks longer than this. */
const LIFE_MS = 15 * 60_000

const VERSION = { protocolVersion: 5 } as const
const subscribers = new Map<Socket, { underWay: number; next: number }>()
let flooding = false

const server = createServer((socket) => {
  const parser = mqttPacket.parser(VERSION)
  parser.on('packet', (packet) => answer(socket, packet))
  socket.setNoDelay(true)
  socket.on('data', (bytes) => parser.parse(bytes))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => subscribers.delete(socket))
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()

process.on('message', (order: FlooderOrder) => {
  flooding = order.kind === 'flat-out'
  for (const socket of subscribers.keys()) flood(socket)
})

function answer(socket: Socket, packet: Packet): void {
  const send = (reply: Packet) => socket.write(mqttPacket.generate(reply, VERSION))
  switch (packet.cmd) {
    case 'connect':
      return void send({ cmd: 'connack', reasonCode: 0, sessionPresent: false })
    case 'subscribe':
      send({
        cmd: 'suback',
        messageId: packet.messageId!,
        granted: packet.subscriptions.map(() => 0),
      } as Packet)
      subscribers.set(socket, { underWay: 0, next: 0 })
      return flood(socket)
    case 'unsubscribe':
      subscribers.delete(socket)
      return void send({ cmd: 'unsuback', messageId: packet.messageId!, granted: [0] } as Packet)
    case 'pingreq':
      return void send({ cmd: 'pingresp' })
    case 'disconnect':
      return void socket.end()
  }
}

function flood(socket: Socket): void {
  const mine = subscribers.get(socket)
  if (mine === undefined) return
  while (flooding && mine.underWay < PIECES_UNDER_WAY) {
    mine.underWay++
    socket.write(PIECES[mine.next++ % PIECES.length]!, () => {
      mine.underWay--
      flood(socket)
    })
  }
}

function pieces(packets: readonly Buffer[], size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(packets.length / size) }, (_, i) =>
    Buffer.concat(packets.slice(i * size, (i + 1) * size)),
  )
}
