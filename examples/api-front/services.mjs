// The services behind the API: stock over gRPC, prices over JSON-RPC.
import { setTimeout as sleep } from 'node:timers/promises'
import { RpcError } from 'nemo-gateway'

const NOT_FOUND = 5 // status codes of gRPC
const FAILED_PRECONDITION = 9
const UNKNOWN_ARTICLE = 1001 // an error code of the pricing service

const stock = new Map([
  ['pen', 500],
  ['lamp', 3],
  ['desk', 1],
])
const cents = new Map([
  ['pen', 150],
  ['lamp', 4_900],
  ['desk', 29_900],
])
let reservations = 0

/** Called by `nemo-gateway run --app` when the gateway has started. */
export default async function services(gateway) {
  const inventory = gateway.server('inventory')
  inventory.register('shop.Inventory/GetStock', ({ sku }) => ({ sku, units: unitsOf(sku) }))
  inventory.register('shop.Inventory/Reserve', ({ sku, units }) => reserve(sku, units))
  await inventory.serve()

  const pricing = gateway.server('pricing')
  pricing.register('price', price)
  await pricing.serve()
}

function unitsOf(sku) {
  const units = stock.get(sku)
  if (units === undefined) throw new RpcError(NOT_FOUND, `there is no article "${sku}"`)
  return units
}

function reserve(sku, units) {
  const left = unitsOf(sku) - units
  if (left < 0) throw new RpcError(FAILED_PRECONDITION, `only ${unitsOf(sku)} of "${sku}" are left`)
  stock.set(sku, left)
  reservations += 1
  return { id: `reservation-${reservations}` }
}

async function price({ sku, quantity }) {
  if (sku === 'desk') await sleep(3_000) // longer than anybody waits
  if (!cents.has(sku)) throw new RpcError(UNKNOWN_ARTICLE, `no price for "${sku}"`, { sku })
  return { cents: cents.get(sku) * quantity }
}
