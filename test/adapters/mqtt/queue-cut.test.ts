import { afterEach, expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { Deliveries, type Fixture, mqttFixture } from './fixture.js'
import { ScriptedBroker } from './support/scripted-broker.js'

let broker: ScriptedBroker
let fixture: Fixture
afterEach(async () => {
  await fixture?.adapter.disconnect()
  await broker?.stop()
})

/** Connects to a broker that resets each connection of a queue. @param ping what it does when the main session asks */
async function start(ping: 'answer' | 'reset'): Promise<void> {
  broker = await ScriptedBroker.start(5)
  broker.answer = (packet, peer) => {
    const isCut =
      (packet.cmd === 'connect' && packet.clientId !== 'main') ||
      (packet.cmd === 'pingreq' && ping === 'reset')
    if (isCut) peer.socket.resetAndDestroy()
    return isCut
  }
  fixture = mqttFixture(broker.server.port, { client_id: 'main' })
  await fixture.adapter.connect(AbortSignal.timeout(5_000))
}

const consume = () => fixture.adapter.queue!.consume('jobs', new Deliveries(), within(5_000))

it('a queue that cannot connect because all connections were cut waits for the next one', async () => {
  await start('reset')
  const lost: number[] = []
  const failed = consume().catch((error: unknown) => {
    lost.push(fixture.context.lost.length)
    throw error
  })
  await expect(failed).rejects.toMatchObject({ kind: 'connection', notExecuted: true })
  // The actor knows of the loss, so it starts the operation again.
  expect(lost).toEqual([1])
})

it('a queue that alone cannot connect says so, and the main session stays', async () => {
  await start('answer')
  await expect(consume()).rejects.toMatchObject({ kind: 'connection' })
  await until(() => broker.of('pingreq').length > 0, 'the question')
  expect(fixture.context.lost).toEqual([])
})
