// Shows the newest prices of some symbols, ten times a second, however many the exchange sends.
//
//   node ticker.mjs ACME GLOBEX
import { fileURLToPath } from 'node:url'
import { Gateway } from 'nemo-gateway'
import { footer, row } from './board.mjs'

const FRAME_MS = 100

const symbols = process.argv.slice(2)
// No logger is given, so nothing writes to the terminal but this program.
const gateway = await Gateway.start(fileURLToPath(new URL('gateway.hcl', import.meta.url)))
const quotes = new Map()

for (const symbol of symbols) follow(symbol).catch(fail)
const timer = setInterval(draw, FRAME_MS)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)

/** Keeps the newest price. The others end in the actor's thread; this one never hears of them. */
async function follow(symbol) {
  // Waits for a broker that is not there yet. From then on each new connection subscribes again.
  const options = { conflate: FRAME_MS, timeout: '24h' }
  const prices = await gateway.pubsub('exchange').subscribe(`prices/${symbol}`, options)
  for await (const { value } of prices) quotes.set(symbol, { price: value.price, at: Date.now() })
}

function draw() {
  // Both read shared memory, which is cheap enough for every frame.
  const connection = gateway.connections.status('exchange')
  const { counts } = gateway.metrics().integrations.exchange
  const now = Date.now()
  const rows = symbols.map((symbol) => row(symbol, quotes.get(symbol), connection, now))
  show([...rows, '', footer(connection, counts)])
}

/** Writes a frame; on a terminal, over the one before. */
function show(lines) {
  const [home, endOfLine, rest] = process.stdout.isTTY ? ['\x1b[H', '\x1b[K\n', '\x1b[J'] : ['', '\n', '']
  process.stdout.write(`${home}${lines.map((line) => line + endOfLine).join('')}${rest}`)
}

async function stop() {
  clearInterval(timer)
  await gateway.shutdown()
}

/** The broker refuses a subscription, for example. */
async function fail(error) {
  if (error.kind === 'shutdown') return
  await stop()
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
