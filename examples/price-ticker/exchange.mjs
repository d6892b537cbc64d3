// Stands for the exchange: publishes prices with mqtt.js, which knows nothing of the gateway.
//
//   node exchange.mjs [prices per second] [URL of the broker]
import mqtt from 'mqtt'

const [rate = '5000', url = 'mqtt://127.0.0.1:1883'] = process.argv.slice(2)
const TICKS_PER_SECOND = 50

const prices = new Map([
  ['ACME', 120],
  ['GLOBEX', 48],
  ['HOOLI', 310],
  ['INITECH', 75],
])

const client = mqtt.connect(url, { reconnectPeriod: 200 })
client.on('error', () => {}) // mqtt.js connects again by itself
setInterval(trade, 1_000 / TICKS_PER_SECOND)

function trade() {
  if (!client.connected) return
  const symbols = [...prices.keys()]
  for (let n = 0; n < Number(rate) / TICKS_PER_SECOND; n++) {
    const symbol = symbols[n % symbols.length]
    const price = prices.get(symbol) * (1 + (Math.random() - 0.5) / 1_000)
    prices.set(symbol, price)
    client.publish(`prices/${symbol}`, JSON.stringify({ price }))
  }
}
