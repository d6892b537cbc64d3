import { afterAll, onTestFinished } from 'vitest'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { connected, type Fixture } from './fixture.js'

/** A broker for the tests of one file. */
export interface TestBroker {
  readonly broker: Mosquitto
  /** Connects as `connected` does, to the broker unless another port is given, until the test ends. */
  client(config?: Parameters<typeof connected>[1], given?: Given): Promise<Fixture>
}

interface Given {
  readonly port?: number
  readonly settings?: Parameters<typeof connected>[2]
}

/** Starts a broker that stops after the tests of the file. */
export async function testBroker(): Promise<TestBroker> {
  const broker = await startMosquitto()
  afterAll(() => broker.stop())
  return {
    broker,
    async client(config, { port = broker.port, settings } = {}) {
      const fixture = await connected(port, config, settings)
      onTestFinished(() => fixture.adapter.disconnect())
      return fixture
    },
  }
}
