import { expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { testBroker } from './broker.js'
import { bytes, Collector } from './fixture.js'

const COUNT = 200
/** How many messages the broker sends before the first acknowledgement; the default of Mosquitto. */
const WINDOW = 20

const { client } = await testBroker()

it.each([
  ['3.1.1', 1],
  [5, 1],
  [5, 2],
] as const)('MQTT %s: finishing delivers all that the broker had at QoS %d', async (version, qos) => {
  const config = { protocol_version: version, ...(version === 5 && { receive_maximum: WINDOW }) }
  const [reader, writer] = [await client(config), await client(config)]
  const publish = (text: string) => writer.adapter.pubsub!.publish('finish', bytes(text), { qos }, within())
  const sink = new Collector()
  sink.takes = false
  const subscription = await reader.adapter.pubsub!.subscribe('finish', { qos }, sink, within())
  for (let n = 0; n < COUNT; n++) await publish(`${n}`)
  await until(() => sink.messages.length === WINDOW, 'the first messages')
  const finished = subscription.finish!()
  sink.takes = true
  for (const { taken } of [...sink.messages]) taken!()
  await finished
  expect(sink.texts).toEqual(Array.from({ length: COUNT }, (_, n) => `${n}`))
  await publish('later')
  await subscription.close()
  expect(sink.messages).toHaveLength(COUNT)
})
