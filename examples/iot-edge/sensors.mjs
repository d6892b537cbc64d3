// Stands for the sensors of a site: publishes with mqtt.js, which knows nothing of the gateway.
//
//   node sensors.mjs [readings; without it, no end] [URL of the broker]
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'

const [readings = 'Infinity', url = 'mqtt://127.0.0.1:18870'] = process.argv.slice(2)
const ROOMS = ['kitchen', 'cellar']

const client = await mqtt.connectAsync(url, { reconnectPeriod: 200 })
for (let n = 1; n <= Number(readings); n++) {
  for (const room of ROOMS) {
    const isBroken = room === 'cellar' && n % 10 === 0
    const celsius = isBroken ? 999 : 20 + 5 * Math.random()
    // Resolves when the broker has it.
    await client.publishAsync(`sensors/${room}/temperature`, JSON.stringify({ n, celsius }), { qos: 1 })
  }
  await sleep(20)
}
await client.endAsync()
