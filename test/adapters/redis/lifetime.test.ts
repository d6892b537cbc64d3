import { expect, it } from 'vitest'
import { redisAdapter } from '../../../src/adapters/redis/adapter.js'
import { redisManifest } from '../../../src/adapters/redis/manifest.js'
import { systemClock } from '../../../src/core/clock.js'
import { adapterContext, settingsFor, until, within } from '../../support/adapter-context.js'
import { startRedis } from '../../support/redis-server.js'
import { CountingClock } from './counting-clock.js'
import { bytes, Deliveries, Messages, Requests } from './fixture.js'

it('leaves no timer and no socket behind', async () => {
  await using server = await startRedis()
  const clock = new CountingClock(systemClock)
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  await until(() => sockets() === 0, 'quiet before the test')
  const settings = settingsFor(redisManifest, { endpoint: { addresses: ['127.0.0.1'], port: server.port } })
  const adapter = redisAdapter(adapterContext(settings, undefined, clock))
  for (let life = 0; life < 2; life++) {
    await adapter.connect(AbortSignal.timeout(5_000))
    const [deliveries, requests] = [new Deliveries(), new Requests()]
    const consumer = await adapter.queue!.consume('q', deliveries, within())
    consumer.request(1)
    await adapter.pubsub!.subscribe('t', {}, new Messages(), within())
    await adapter.service!.serve('m', requests, within())
    await adapter.queue!.enqueue('q', bytes('1'), {}, within())
    await until(() => deliveries.messages.length === 1, 'the message')
    const call = adapter.rpc!.call('m', 1, within())
    await until(() => requests.messages.length === 1, 'the request')
    await requests.messages[0]!.answer({ ok: true, value: 1 })
    await call
    await deliveries.messages[0]!.ack()
    // Commands, subscriptions, the queue, requests, answers.
    expect(sockets()).toBe(5)
    expect(clock.pending).toBeGreaterThan(0)
    await adapter.disconnect()
    await adapter.disconnect()
    await until(() => sockets() === 0, 'the sockets to be gone')
    await until(() => clock.pending === 0, 'the timers to be gone')
  }
})
