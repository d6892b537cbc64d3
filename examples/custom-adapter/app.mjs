// What a program sees of an adapter of your own: nothing that would be different from any other.
import { startLineServer } from './line-server.mjs'

const server = await startLineServer(Number(process.env.LINE_PORT ?? 18841))

/** Called by `nemo-gateway run --app` when the gateway has started; what it returns is called before the end. */
export default async function app(gateway) {
  const ticker = gateway.pubsub('ticker')
  const prices = await ticker.subscribe('prices')
  show(prices)
  let price = 100
  const timer = setInterval(() => {
    price += Math.random() - 0.5
    ticker.publish('prices', { price }).catch(() => {})
  }, 500)
  return async () => {
    clearInterval(timer)
    await prices.close()
    await server.close()
  }
}

async function show(messages) {
  for await (const { topic, value } of messages) process.stderr.write(`${topic} ${value.price.toFixed(2)}\n`)
}
