import type { Socket } from 'node:net'
import { generate, type Packet, parser } from 'mqtt-packet'
import { FakeServer } from './fake-server.js'

/** What a connection of a scripted broker can do. */
export interface Peer {
  readonly clientId: string
  readonly socket: Socket
  send(packet: Packet): void
}

type Answer = (packet: Packet, peer: Peer) => void

/** A broker of which a test plays the part: it records the packets and answers CONNECT, SUBSCRIBE and PINGREQ. */
export class ScriptedBroker {
  readonly packets: (Packet & { readonly from: string })[] = []
  readonly peers = new Map<string, Peer>()
  /** Properties of CONNACK. */
  connack: object = {}
  /** Whether it says that it has kept the session. */
  sessionPresent = false
  /** Return true when the packet has been answered. */
  answer: (packet: Packet, peer: Peer) => boolean = () => false
  server!: FakeServer
  readonly #version: 4 | 5

  private constructor(version: 4 | 5) {
    this.#version = version
  }

  static async start(version: 4 | 5 = 5): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(version)
    broker.server = await FakeServer.start((socket) => broker.#accept(socket))
    return broker
  }

  /** The packets of that kind, from the client whose id ends like that. */
  of<C extends Packet['cmd']>(cmd: C, suffix = ''): Extract<Packet, { cmd: C }>[] {
    return this.packets.filter((packet) => packet.cmd === cmd && packet.from.endsWith(suffix)) as never
  }

  /** The connection of the client whose id ends like that. */
  peer(suffix: string): Peer {
    return [...this.peers].find(([id]) => id.endsWith(suffix))![1]
  }

  stop(): Promise<void> {
    return this.server.stop()
  }

  #accept(socket: Socket): void {
    const reader = parser({ protocolVersion: this.#version })
    const options = { protocolVersion: this.#version }
    let peer: Peer = { clientId: '', socket, send: (packet) => socket.write(generate(packet, options)) }
    const standard: { readonly [cmd: string]: Answer } = {
      connect: () =>
        peer.send({
          cmd: 'connack',
          reasonCode: 0,
          returnCode: 0,
          sessionPresent: this.sessionPresent,
          properties: this.connack,
        }),
      subscribe: (packet) =>
        peer.send({ cmd: 'suback', messageId: packet.messageId!, granted: [this.#granted(packet)] }),
      unsubscribe: (packet) => peer.send({ cmd: 'unsuback', messageId: packet.messageId!, granted: [0] }),
      pingreq: () => peer.send({ cmd: 'pingresp' }),
    }
    reader.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        peer = { ...peer, clientId: packet.clientId }
        this.peers.set(packet.clientId, peer)
      }
      this.packets.push(Object.assign(packet, { from: peer.clientId }))
      if (!this.answer(packet, peer)) standard[packet.cmd]?.(packet, peer)
    })
    socket.on('data', (chunk: Buffer) => reader.parse(chunk))
  }

  #granted(packet: Packet): 0 | 1 | 2 {
    return packet.cmd === 'subscribe' ? packet.subscriptions[0]!.qos : 0
  }
}
