import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryAdapter } from '../../../src/adapters/memory/adapter.js'
import { memoryManifest } from '../../../src/adapters/memory/manifest.js'
import { BROKERS } from '../../../src/brokers/catalogue.js'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { systemClock } from '../../../src/core/clock.js'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { IncomingAnswers } from '../../../src/core/incoming-answers.js'
import { systemRandom } from '../../../src/core/random.js'
import {
  Bench,
  bytes,
  deliveries,
  messages,
  operation,
  requests,
  settings,
  until,
} from '../../brokers/memory/harness.js'

const never = new AbortController().signal

function adapter(dial: (broker: string) => Promise<MessagePort>, config = settings()) {
  const lost: ConnectionError[] = []
  const connectionLost = (error: ConnectionError) => lost.push(error)
  const context = {
    settings: config,
    clock: systemClock,
    random: systemRandom,
    log: () => {},
    clientId: 'c',
    connectionLost,
    budget: new ByteBudget(1e9),
    answers: new IncomingAnswers(new ByteBudget(1e9), systemClock),
    deadLettered: () => {},
    refused: () => {},
    answerBegins: () => {},
    dial,
  }
  return { adapter: memoryAdapter(context), lost }
}

describe('the connection of the memory adapter', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.stop())

  it('dials the broker that the configuration names', async () => {
    const dialled: string[] = []
    const dial = async (name: string) => {
      dialled.push(name)
      return bench.line()
    }
    const one = adapter(dial, settings({ broker: 'other' })).adapter
    await one.connect(never)
    await one.ping!(never)
    expect(dialled).toEqual(['other'])
    await one.disconnect()
  })

  it('says why it cannot connect', async () => {
    const refused = adapter(() => Promise.reject(new Error('no such broker'))).adapter
    await expect(refused.connect(never)).rejects.toThrow(
      /cannot reach the embedded broker "memory": no such broker/,
    )
    await expect(refused.connect(never)).rejects.toBeInstanceOf(ConnectionError)
    await bench.broker.stop()
    const stopped = adapter(async () => bench.line())
    await expect(stopped.adapter.connect(never)).rejects.toBeInstanceOf(ConnectionError)
    expect(stopped.lost).toEqual([])
  })

  it('gives up an attempt when it is told to, and closes a port that comes too late', async () => {
    let answer: (port: MessagePort) => void = () => {}
    const one = adapter(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    ).adapter
    const abort = new AbortController()
    const attempt = one.connect(abort.signal)
    abort.abort()
    await expect(attempt).rejects.toBeInstanceOf(ConnectionError)
    answer(bench.line())
    await until(() => bench.broker.counts.connections === 0, 'the late line is closed')

    const silent = new MessageChannel()
    const two = adapter(async () => silent.port2).adapter
    const waiting = two.connect(never)
    const disconnected = expect(waiting).rejects.toBeInstanceOf(ConnectionError)
    await two.disconnect()
    await disconnected
  })

  it('tells once that the connection is lost, and can connect again', async () => {
    const lines: MessagePort[] = []
    const { adapter: one, lost } = adapter(async () => {
      lines.push(bench.line())
      return lines.at(-1)!
    })
    await one.connect(never)
    const pending = one.rpc!.call('nobody', 1, operation()).catch((error) => error)
    lines[0]!.close()
    await until(() => lost.length > 0, 'it is told')
    expect(await pending).toBeInstanceOf(IntegrationError)
    expect(lost).toHaveLength(1)
    await expect(one.queue!.enqueue('q', bytes('x'), {}, operation())).rejects.toBeInstanceOf(ConnectionError)
    await one.connect(never)
    await one.queue!.enqueue('q', bytes('x'), {}, operation())
    await one.disconnect()
    expect(lost).toHaveLength(1)
  })

  it('is told when the broker stops', async () => {
    const actor = await bench.actor()
    await bench.broker.stop()
    await until(() => actor.lost.length === 1, 'it is told')
    expect(bench.broker.counts.connections).toBe(0)
  })

  it('settles whatever waits when it is disconnected, and makes no callback afterwards', async () => {
    const actor = await bench.actor()
    const { rpc, pubsub, queue, service, ping, disconnect } = actor.adapter
    const asked = requests()
    await service!.serve('m', asked, operation())
    const heard = messages()
    const subscription = await pubsub!.subscribe('a', {}, heard, operation())
    const consumer = await queue!.consume('q', deliveries(), operation())
    const pending = [
      rpc!.call('m', 1, operation()),
      rpc!.notify('m', 1, operation()),
      pubsub!.publish('a', bytes('x'), {}, operation()),
      pubsub!.subscribe('b', {}, heard, operation()),
      queue!.enqueue('q', bytes('x'), {}, operation()),
      queue!.consume('p', deliveries(), operation()),
      service!.serve('n', asked, operation()),
      ping!.call(actor.adapter, never),
    ]
    const closing = [subscription.close(), consumer.close()]
    await disconnect.call(actor.adapter)
    for (const outcome of await Promise.allSettled(pending))
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(ConnectionError)
    await Promise.all(closing)
    await subscription.close()
    consumer.request(5)
    await until(() => bench.broker.counts.connections === 0, 'the broker has noticed')
    expect(actor.lost).toEqual([])
    expect(heard.got).toEqual([])
    expect(asked.got).toEqual([])
    await actor.adapter.disconnect()
  })

  it('ends what was granted to an attempt that had been given up', async () => {
    const { pubsub, queue, service, rpc } = (await bench.actor()).adapter
    const abort = new AbortController()
    const given = operation(abort.signal)
    const attempts = [
      pubsub!.subscribe('a', {}, messages(), given),
      queue!.consume('q', deliveries(), given),
      service!.serve('m', requests(), given),
    ]
    abort.abort()
    for (const outcome of await Promise.allSettled(attempts))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } })
    expect(bench.broker.counts.subscriptions).toBe(0)
    await expect(rpc!.call('m', 1, operation())).rejects.toMatchObject({ code: -32_601 })
  })
})

describe('the manifest of the memory protocol', () => {
  it('completes the configuration and refuses what it does not know', () => {
    expect(memoryManifest.config.parse({})).toEqual({ broker: 'memory' })
    expect(memoryManifest.config.safeParse({ brocker: 'x' }).success).toBe(false)
    expect(memoryManifest.config.safeParse({ broker: '' }).success).toBe(false)
  })

  it('names the broker of the catalogue, and workers in the folder of entry points', () => {
    expect(BROKERS).toContain(memoryManifest.broker)
    for (const url of [memoryManifest.worker(), ...BROKERS.map(({ worker }) => worker())])
      expect(url.pathname).toMatch(/\/workers\/[a-z-]+\.cjs$/)
    expect(new URL('..', memoryManifest.worker()).href).toBe(new URL('../../../', import.meta.url).href)
  })
})
