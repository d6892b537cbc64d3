// The API: each of its methods calls both services, within a deadline.
import { RpcError } from 'nemo-gateway'
import { deadlineIn } from './deadline.mjs'
import { startHealthPage } from './health-page.mjs'
import { publicError } from './public-error.mjs'

const DEADLINE_MS = 1_000
const INVALID_PARAMS = -32_602

/** Called by `nemo-gateway run --app` when the gateway has started; what it returns is called before the end. */
export default async function api(gateway) {
  const inventory = gateway.rpc('inventory')
  const pricing = gateway.rpc('pricing')

  /** What an article costs, and whether it is there. Asks both services at once. */
  async function quote({ sku, quantity }, within) {
    const [{ units }, { cents }] = await Promise.all([
      inventory.call('GetStock', { sku }, within({ idempotent: true })),
      pricing.call('price', { sku, quantity }, within({ idempotent: true })),
    ])
    return { sku, quantity, cents, available: units >= quantity }
  }

  /** Reserves an article at its price. The second step has the time that the first one left. */
  async function order({ sku, quantity }, within) {
    const { cents } = await quote({ sku, quantity }, within)
    // Not idempotent, so nothing repeats it: done twice, it would reserve twice.
    const { id } = await inventory.call('Reserve', { sku, units: quantity }, within())
    return { reservation: id, cents }
  }

  const server = gateway.server('api')
  for (const [name, method] of Object.entries({ quote, order })) server.register(name, answeredBy(method))
  await server.serve()
  return startHealthPage(gateway, Number(process.env.HEALTH_PORT ?? 18853))
}

/** A handler: checks what the caller sent, sets the deadline, and translates errors. */
function answeredBy(method) {
  return async (params) => {
    try {
      return await method(checked(params), deadlineIn(DEADLINE_MS))
    } catch (error) {
      throw publicError(error)
    }
  }
}

function checked(params) {
  const { sku, quantity } = params ?? {}
  if (typeof sku === 'string' && Number.isInteger(quantity) && quantity > 0) return { sku, quantity }
  throw new RpcError(INVALID_PARAMS, 'expected { "sku": text, "quantity": a positive whole number }')
}
