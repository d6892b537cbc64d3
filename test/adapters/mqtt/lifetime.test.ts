import { expect, it } from 'vitest'
import { mqttAdapter } from '../../../src/adapters/mqtt/adapter.js'
import { mqttManifest } from '../../../src/adapters/mqtt/manifest.js'
import { systemClock } from '../../../src/core/clock.js'
import { adapterContext, settingsFor, until, within } from '../../support/adapter-context.js'
import { startMosquitto } from '../../support/mosquitto.js'
import { StepClock } from '../../support/step-clock.js'
import { Collector, Deliveries } from './fixture.js'

it.each([5, '3.1.1'] as const)('leaves no timer and no socket behind, MQTT %s', async (protocol_version) => {
  const broker = await startMosquitto()
  const clock = new StepClock(systemClock.monotonic())
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  await until(() => sockets() === 0, 'quiet before the test')
  const settings = settingsFor(mqttManifest, {
    endpoint: { addresses: ['127.0.0.1'], port: broker.port },
    config: { protocol_version, clean_session: false },
    format: 'json',
  })
  const adapter = mqttAdapter(adapterContext(settings, undefined, clock))
  for (let life = 0; life < 2; life++) {
    await adapter.connect(AbortSignal.timeout(5_000))
    const sink = new Deliveries()
    const consumer = await adapter.queue!.consume('q', sink, within())
    await adapter.pubsub!.subscribe('t', {}, new Collector(), within())
    await adapter.queue!.enqueue('q', Buffer.from('1'), {}, within())
    consumer.request(1)
    await until(() => sink.messages.length === 1, 'the message')
    await sink.messages[0]!.nack(60_000)
    expect(sockets()).toBe(3)
    expect(clock.pending).toBeGreaterThan(0)
    await adapter.disconnect()
    await until(() => sockets() === 0, 'the sockets to be gone')
    await until(() => clock.pending === 0, 'the timers to be gone')
  }
  await broker.stop()
})
