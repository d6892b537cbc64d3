// What a program does with the gateway: it publishes, subscribes, calls and queues, and never sees a socket.
import { startNarrator } from './narrator.mjs'
import { startService } from './service.mjs'

// Listens before the gateway starts; does not keep the process alive.
const service = await startService(Number(process.env.RPC_PORT ?? 18832))
service.unref()

/** Called by `nemo-gateway run --app` when the gateway has started; what it returns is called before the end. */
export default async function app(gateway) {
  const events = gateway.pubsub('events')
  const flaky = gateway.pubsub('flaky')
  const backend = gateway.rpc('backend')
  const tasks = gateway.queue('tasks')
  const narrator = startNarrator()

  // Publish/subscribe: what "events" publishes, "flaky" listens to, across all its crashes.
  const readings = await flaky.subscribe('sensors/+/temperature', { qos: 1 })
  consume(readings, async ({ value }) => {
    narrator.reading(value)
    if (value.celsius > 24) await tasks.send('alarms', { sensor: value.sensor, celsius: value.celsius })
  })

  // Message queue: acknowledged after the work is done.
  const alarms = tasks.consume('alarms', { concurrency: 4, maxDeliveries: 5 })
  alarms.each(async ({ value }) => {
    const { unit } = await backend.call('sensors.describe', { sensor: value.sensor }, { idempotent: true })
    await events.publish('alarms', { text: `${value.sensor} is at ${value.celsius.toFixed(1)} ${unit}` })
    narrator.alarm()
  })

  const sensors = await backend.call('sensors.list')
  const timer = setInterval(() => {
    for (const sensor of sensors) {
      const celsius = 20 + 5 * Math.random()
      // What is refused (say, while everything shuts down) is of no use later.
      events.publish(`sensors/${sensor}/temperature`, { sensor, celsius }).catch(() => {})
    }
  }, 50)

  return async () => {
    clearInterval(timer)
    narrator.close()
    await readings.close()
    await alarms.close()
    service.close()
    service.closeAllConnections()
  }
}

async function consume(messages, handle) {
  for await (const message of messages) await handle(message).catch(() => {})
}
