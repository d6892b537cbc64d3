import { connect } from 'node:net'
import mqtt from 'mqtt'
import { describe, expect, test } from 'vitest'
import { choose, readArguments } from '../../bench/arguments.js'
import { LoadProcess } from '../../bench/load/load-process.js'
import { connectPacket, publishPacket } from '../../bench/load/mqtt-packets.js'
import type { FlooderOrder } from '../../bench/load/orders.js'
import { hostCpuMeter } from '../../bench/measure/host-cpu.js'
import { ALL_TOPICS, benchMessage } from '../../bench/message.js'
import { runLanes } from '../../bench/sides/lanes.js'
import { startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'

describe('the command line', () => {
  const scenarios = [{ name: 'mqtt-publish' }, { name: 'mqtt-subscribe' }, { name: 'rpc' }]

  test('chooses by parts of names, and everything without one', () => {
    expect(choose(scenarios, ['sub', 'rpc'])).toEqual([scenarios[1], scenarios[2]])
    expect(choose(scenarios, [])).toEqual(scenarios)
  })

  test('a filter that finds nothing is an error that names what there is', () => {
    expect(() => choose(scenarios, ['mqtt', 'grpc'])).toThrow(/"grpc".*mqtt-publish, mqtt-subscribe, rpc/)
  })

  test('takes options and filters in any order, and refuses what it does not know', () => {
    expect(readArguments(['--quick', 'rpc', '--json'])).toMatchObject({
      quick: true,
      json: true,
      save: false,
      filters: ['rpc'],
    })
    expect(() => readArguments(['--fast'])).toThrow('--fast')
  })
})

/** What looking at the count of lanes throws. */
function failureOf(running: { count(): number }): unknown {
  try {
    running.count()
    return undefined
  } catch (error) {
    return error
  }
}

/** Whether nothing is added to `values` for a while. */
const silent = (values: readonly unknown[]) => async () => {
  const before = values.length
  await new Promise((resolve) => setTimeout(resolve, 100))
  return values.length === before
}

describe('load', () => {
  test('packets are those of MQTT, with lengths of more than one byte', () => {
    expect(connectPacket('me').toString('hex')).toBe('100e00044d51545404020000' + '00026d65')
    const long = publishPacket('a/b', new Uint8Array(300))
    expect([...long.subarray(0, 8)]).toEqual([0x30, 0xb1, 0x02, 0x00, 0x03, 0x61, 0x2f, 0x62])
    expect(long).toHaveLength(3 + 5 + 300)
  })

  test('a message has 160 to 200 bytes of JSON', () => {
    for (const n of [0, 31, 1_000]) {
      const { length } = JSON.stringify(benchMessage(n))
      expect(length).toBeGreaterThanOrEqual(160)
      expect(length).toBeLessThanOrEqual(200)
    }
  })

  test('a flooder publishes benchmark messages flat out and at a rate, and pauses when told', async () => {
    await using broker = await startMosquitto({ config: ['log_type information'] })
    const flooder = await LoadProcess.start<FlooderOrder>('./flooder.js', [broker.port, 'mqtt'])
    const client = await mqtt.connectAsync(broker.url)
    try {
      const values: unknown[] = []
      client.on('message', (_topic, payload) => values.push(JSON.parse(payload.toString())))
      await client.subscribeAsync(ALL_TOPICS)
      flooder.tell({ kind: 'flat-out' })
      await waitFor(() => values.length > 1_000, { what: 'a flood' })
      flooder.tell({ kind: 'rate', perSecond: 1_000 })
      const before = values.length
      await waitFor(() => values.length > before + 100, { what: 'messages at a rate' })
      flooder.tell({ kind: 'paused' })
      await waitFor(silent(values), { what: 'silence' })
      expect(values[0]).toEqual(benchMessage(0))
      expect(values[256]).toEqual(benchMessage(0))
    } finally {
      await client.endAsync()
      await flooder.stop()
    }
  })

  test('the fast broker sends benchmark messages to whoever has subscribed, until it is told to pause', async () => {
    const broker = await LoadProcess.start<FlooderOrder>('./fast-broker.js')
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.ready}`, { protocolVersion: 5 })
    try {
      const values: unknown[] = []
      client.on('message', (_topic, payload) => values.push(JSON.parse(payload.toString())))
      broker.tell({ kind: 'flat-out' })
      await client.subscribeAsync(ALL_TOPICS)
      await waitFor(() => values.length > 1_000, { what: 'a flood' })
      expect(values[256]).toEqual(benchMessage(0))
      broker.tell({ kind: 'paused' })
      await waitFor(silent(values), { what: 'silence' })
    } finally {
      await client.endAsync()
      await broker.stop()
    }
  })

  test('the echo server answers calls and batches with their parameters', async () => {
    const server = await LoadProcess.start('./echo-server.js')
    try {
      const post = async (body: unknown) =>
        (
          await fetch(`http://127.0.0.1:${server.ready}/`, { method: 'POST', body: JSON.stringify(body) })
        ).json()
      const call = { jsonrpc: '2.0', id: 7, method: 'echo', params: { a: [1] } }
      const answer = { jsonrpc: '2.0', id: 7, result: { a: [1] } }
      expect(await post(call)).toEqual(answer)
      expect(await post([call, { ...call, id: 8 }])).toEqual([answer, { ...answer, id: 8 }])
    } finally {
      await server.stop()
    }
  })

  test('the echo server takes requests in pieces and several at once', async () => {
    const server = await LoadProcess.start('./echo-server.js')
    const socket = connect(Number(server.ready), '127.0.0.1')
    try {
      let received = ''
      socket.on('data', (bytes) => {
        received += bytes.toString()
      })
      const request = (id: number) => {
        const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'echo', params: ['ä'] })
        return Buffer.from(`POST / HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      }
      socket.write(Buffer.concat([request(1), request(2), request(3).subarray(0, 30)]))
      await waitFor(() => received.includes('"id":2'), { what: 'the second answer' })
      socket.write(request(3).subarray(30))
      await waitFor(() => received.includes('"id":3'), { what: 'the third answer' })
      expect(received.match(/"id":\d,"result":\["ä"\]/g)).toHaveLength(3)
    } finally {
      socket.destroy()
      await server.stop()
    }
  })

  test('a load process that cannot start is an error', async () => {
    await expect(LoadProcess.start('./no-such-module.js')).rejects.toThrow('before it was ready')
  })

  test('lanes keep their number of operations under way, and a failure ends them all', async () => {
    let underWay = 0
    let most = 0
    const running = runLanes(4, async (n) => {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay--
      if (n === 50) throw new Error('the fiftieth')
    })
    await waitFor(() => failureOf(running), { what: 'a failure' })
    expect(() => running.count()).toThrow('the fiftieth')
    await expect(running.stop()).rejects.toThrow('the fiftieth')
    expect(most).toBe(4)
  })

  test('the CPU time of this thread rises while it works', () => {
    const meter = hostCpuMeter()
    if (process.platform === 'linux') expect(meter).toBeDefined()
    const before = meter?.() ?? 0
    for (const end = performance.now() + 50; performance.now() < end; );
    expect((meter?.() ?? 1) - before).toBeGreaterThan(0)
  })

  test('without accounting in the kernel the CPU time is that of the thread, or not measured', () => {
    const usage = () => ({ user: 20, system: 5 })
    expect(hostCpuMeter('/no/such/file', usage)?.()).toBe(25)
    expect(hostCpuMeter('/no/such/file', null)).toBeUndefined()
  })
})
