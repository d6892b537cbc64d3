import { afterEach, expect, test } from 'vitest'
import { freePort } from '../support/server-process.js'
import { Programs, terminate } from './support.js'

const programs = new Programs()
afterEach(() => programs.kill())

test('messages and alarms arrive, across the crashes on purpose', async () => {
  const [mqtt, rpc] = [await freePort(), await freePort()]
  const app = programs.run('quickstart', 'gateway.hcl', 'app.mjs', { RPC_PORT: String(rpc) }, [
    ...['--var', `mqtt_port=${mqtt}`, '--var', `rpc_port=${rpc}`],
  ])
  await app.seen(/first message: \w+ \d+\.\d °C/u)
  await app.seen(/received \d*[1-9]\d* messages in a second.*; \d*[1-9]\d* alarms handled/u)
  await app.seen(/flaky.*(crashed|restarted)/u)
  expect(await terminate(app)).toBe(0)
})
