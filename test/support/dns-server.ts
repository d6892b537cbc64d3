import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** What a name has. */
export type DnsRecord =
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'AAAA'; readonly address: string }
  | {
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const
const NXDOMAIN = 3
const SERVFAIL = 2

/** A DNS server on loopback with records that a test sets. It answers what it is asked and no more. */
export class DnsServer {
  /** By name, in lower case, without the last dot. A name that is missing does not exist. */
  readonly records = new Map<string, readonly DnsRecord[]>()
  /** What it does with a question: answers it, says that it cannot, or says nothing. */
  mode: 'answer' | 'fail' | 'silent' = 'answer'
  /** The names that it was asked for. */
  readonly asked: string[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (query, from) => {
      const answer = this.#answer(query)
      if (answer !== undefined) socket.send(answer, from.port, from.address)
    })
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new DnsServer(socket)
  }

  /** As a client is told of it: `127.0.0.1:PORT`. */
  get address(): string {
    return `127.0.0.1:${(this.#socket.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => this.#socket.close(closed))
  }

  #answer(query: Buffer): Buffer | undefined {
    const { name, type, end } = question(query)
    this.asked.push(name)
    if (this.mode === 'silent') return undefined
    const known = this.records.get(name)
    const records = (known ?? []).filter((record) => TYPES[record.type] === type)
    const code = this.mode === 'fail' ? SERVFAIL : known === undefined ? NXDOMAIN : 0
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8580 | code, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(code === 0 ? records.length : 0, 6)
    return Buffer.concat([header, query.subarray(12, end), ...(code === 0 ? records.map(record) : [])])
  }
}

/** The name and type that are asked for, and where the question ends (RFC 1035, section 4.1.2). */
function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

/** A resource record whose name is the one in the question (RFC 1035, section 4.1.4). */
function record(given: DnsRecord): Buffer {
  const data = dataOf(given)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(TYPES[given.type], 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(0, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function dataOf(given: DnsRecord): Buffer {
  switch (given.type) {
    case 'A':
      return Buffer.from(given.address.split('.').map(Number))
    case 'AAAA':
      return ipv6(given.address)
    case 'SRV': {
      const head = Buffer.alloc(6)
      head.writeUInt16BE(given.priority, 0)
      head.writeUInt16BE(given.weight, 2)
      head.writeUInt16BE(given.port, 4)
      const labels = given.target.split('.').filter(Boolean)
      return Buffer.concat([
        head,
        ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
        Buffer.from([0]),
      ])
    }
  }
}

function ipv6(address: string): Buffer {
  const [left = '', right] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const begin = groups(left)
  const end = right === undefined ? [] : groups(right)
  const all = [...begin, ...new Array<string>(8 - begin.length - end.length).fill('0'), ...end]
  return Buffer.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  )
}
