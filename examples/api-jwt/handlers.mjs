// The methods of the API. They run in the threads of the script; change this file while the gateway runs.
import { RpcError } from 'nemo-gateway'

const CENTS = new Map([
  ['lamp', 4_900],
  ['pen', 150],
])

/** Open to everybody. */
export function products() {
  return [...CENTS].map(([sku, cents]) => ({ sku, cents }))
}

/** Takes an order of the caller, whom the server has authenticated. */
export async function order({ sku, quantity }, { identity, gateway }) {
  const cents = CENTS.get(sku)
  if (cents === undefined) throw new RpcError(1, `there is no product "${sku}"`)
  if (!(quantity > 0)) throw new RpcError(-32_602, '"quantity" must be a number above 0')
  const taken = { sku, quantity, cents: quantity * cents, customer: identity.subject }
  await gateway.send('work', 'orders', taken)
  return taken
}

/** The orders so far. */
export async function orders(_, { gateway }) {
  return (await gateway.data('orders')) ?? []
}

/** A transform: one line of the list of orders. */
export function line({ payload: { sku, quantity, customer } }) {
  return `${quantity} × ${sku} for ${customer}`
}
