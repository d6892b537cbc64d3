import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Running } from '../support/program.js'
import { freePort } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'
import { Programs, terminate } from './support.js'

const programs = new Programs()
const PORTS = ['API_PORT', 'HEALTH_PORT', 'INVENTORY_PORT', 'PRICING_PORT']
let env: Record<string, string>
let services: Running
let api: Running
beforeAll(async () => {
  const ports = await Promise.all(PORTS.map(async (name) => [name, String(await freePort())]))
  env = Object.fromEntries(ports)
  services = startServices()
  api = programs.run('api-front', 'gateway.hcl', 'api.mjs', env)
  await ready(200)
})
afterAll(() => programs.kill())

function startServices(): Running {
  return programs.run('api-front', 'services.hcl', 'services.mjs', env)
}

function page(name: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${env.HEALTH_PORT}${name}`)
}

/** Waits until `/ready` answers with this status. @returns what it says then */
function ready(status: number): Promise<object> {
  return waitFor(
    async () => {
      const response = await page('/ready')
      return response.status === status ? ((await response.json()) as object) : undefined
    },
    { what: `/ready to answer ${status}` },
  )
}

/** Calls a method of the API. @returns its result or its error */
async function call(method: string, params: unknown): Promise<object> {
  const response = await fetch(`http://127.0.0.1:${env.API_PORT}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await response.json()) as { result?: object; error?: object }
  return error ?? result!
}

test('its methods call both services', async () => {
  const quote = { sku: 'lamp', quantity: 4, cents: 19_600, available: false }
  expect(await call('quote', { sku: 'lamp', quantity: 4 })).toEqual(quote)
  expect(await call('order', { sku: 'lamp', quantity: 2 })).toEqual({
    reservation: 'reservation-1',
    cents: 9_800,
  })
})

test('errors of the services are passed on with their codes', async () => {
  const refused = await call('order', { sku: 'lamp', quantity: 4 })
  expect(refused).toMatchObject({ code: 1, data: { service: 'inventory', kind: 'rpc', code: 9 } })
  expect(await call('order', { sku: 'lamp', quantity: 0 })).toMatchObject({ code: -32_602 })
  expect(await call('orders', {})).toMatchObject({ code: -32_601 })
})

test('a service that is too slow is not waited for', async () => {
  const late = await call('quote', { sku: 'desk', quantity: 1 })
  expect(late).toMatchObject({ code: 2, data: { service: 'pricing', kind: 'timeout' } })
})

test('services that are away: errors and the health page say so, until they are back', async () => {
  expect(await terminate(services)).toBe(0)
  expect(await ready(503)).toMatchObject({ inventory: { healthy: false }, pricing: { healthy: false } })
  const away = await call('quote', { sku: 'pen', quantity: 1 })
  expect(away).toMatchObject({ code: 3, data: { retryable: true } })
  expect((away as { message: string }).message).toMatch(/^(inventory|pricing) is not available$/u)
  expect((await page('/live')).status).toBe(200)
  expect((await page('/')).status).toBe(404)

  startServices()
  await ready(200)
  expect(await call('quote', { sku: 'pen', quantity: 1 })).toMatchObject({ cents: 150 })
  expect(await terminate(api)).toBe(0)
})
