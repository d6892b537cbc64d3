// The backend, somebody who sends prices, and somebody who orders. Everything else is configuration.

const users = [
  { id: 1, name: 'Ann', status: 'active' },
  { id: 2, name: 'Ben', status: 'gone' },
]
let orders = 0

/** Called by `nemo-gateway run --app` when the gateway has started. */
export default async function app(gateway) {
  const backend = gateway.server('local_backend')
  backend.register('health.check', () => ({ ok: true }))
  backend.register('users.list', ({ status }) => users.filter((user) => user.status === status))
  backend.register('orders.create', ({ article }) => ({ id: `order-${++orders}`, article }))
  await backend.serve()

  const active = await newest(gateway.data('user_data'))
  print(`users: ${active.map(({ name }) => name).join(', ')}`)

  const events = gateway.pubsub('events')
  await events.publish('prices/lamp', { article: 'lamp', price: 49 }, { retain: true })
  const { article, price } = await newest(gateway.data('price_updates'))
  print(`price: ${article} ${price}`)

  const created = await events.subscribe('orders/created')
  const order = await gateway.action('create_order').run({ article })
  print(`ordered: ${order.id}`)
  const announced = await created.recv()
  print(`announced: ${announced.value.order_id}`)
  await created.close()
}

/** The first value without an error, from now on. */
async function newest(data) {
  for await (const { value, error } of data) if (error === undefined) return value
}

function print(line) {
  process.stdout.write(`${line}\n`)
}
