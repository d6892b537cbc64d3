import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Bench, bytes, deliveries, operation, until } from './harness.js'
import type { Orders } from './victim.js'

interface Report {
  readonly acknowledged?: string
  readonly inHand?: number
  readonly asked?: boolean
  readonly ready?: boolean
}

describe('a thread that is terminated', () => {
  let bench: Bench
  const workers: Worker[] = []
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.terminate()
    await bench.stop()
  })

  function victim(task: Orders['task']): { readonly worker: Worker; readonly reports: Report[] } {
    const { port1, port2 } = new MessageChannel()
    bench.broker.attach(port1)
    const orders: Orders = { port: port2, task }
    const worker = new Worker(new URL('./victim.js', import.meta.url), {
      workerData: orders,
      transferList: [port2],
    })
    workers.push(worker)
    const reports: Report[] = []
    worker.on('message', (report: Report) => reports.push(report))
    return { worker, reports }
  }

  it.each(['consume', 'consume-and-spin'] as const)(
    'gives back what it had in hand, in order and counted (%s)',
    async (task) => {
      const { queue } = (await bench.actor()).adapter
      const sent = Array.from({ length: 20 }, (_, i) => String(i))
      for (const one of sent) await queue!.enqueue('jobs', bytes(one), {}, operation())
      const { worker, reports } = victim(task)
      await until(() => reports.length === 1, 'ten are in hand')
      await worker.terminate()
      await until(() => bench.broker.counts.connections === 1, 'the broker has noticed')
      const sink = deliveries()
      ;(await queue!.consume('jobs', sink, operation())).request(100)
      await until(() => sink.got.length === 20, 'all are delivered')
      expect(sink.texts).toEqual(sent)
      expect(sink.got.map(({ attempt }) => attempt)).toEqual(sent.map((_, i) => (i < 10 ? 2 : 1)))
    },
  )

  it('has lost nothing that was acknowledged to it', async () => {
    const { worker, reports } = victim('produce')
    await until(() => reports.length > 500, 'it has produced')
    await worker.terminate()
    await until(() => bench.broker.counts.connections === 0, 'the broker has noticed')
    const { queue } = (await bench.actor()).adapter
    const sink = deliveries()
    ;(await queue!.consume('made', sink, operation())).request(1_000_000)
    const held = bench.broker.queued('made')
    expect(held).toBeGreaterThanOrEqual(reports.length)
    await until(() => sink.got.length === held, 'all are delivered')
    expect(sink.texts.slice(0, reports.length)).toEqual(reports.map(({ acknowledged }) => acknowledged))
  })

  it('fails the calls that it had not answered', async () => {
    const { rpc } = (await bench.actor()).adapter
    const { worker, reports } = victim('serve')
    await until(() => reports.length === 1, 'it serves')
    const answer = rpc!.call('m', 1, operation())
    const failed = expect(answer).rejects.toMatchObject({ kind: 'connection', retryable: true })
    await until(() => reports.length === 2, 'it was asked')
    await worker.terminate()
    await failed
    await expect(rpc!.call('m', 1, operation())).rejects.toMatchObject({ code: -32_601 })
  })
})
