// What the screen shows, as text. Knows neither the gateway nor the terminal.

/** A price that is older than this is stale although the connection is open: the exchange is silent. */
const OLDEST_MS = 2_000

/** @param quote the newest price of a symbol and when it arrived; `undefined` before the first one */
export function row(symbol, quote, connection, now) {
  const name = symbol.padEnd(10)
  if (quote === undefined) return `${name}         –`
  const price = quote.price.toFixed(2).padStart(10)
  return isStale(quote, connection, now)
    ? `${name}${price}  STALE ${seconds(now - quote.at)}`
    : `${name}${price}`
}

/** Whether the price may have changed since: it is from before this connection, or old. */
function isStale({ at }, { connectedSince = Number.POSITIVE_INFINITY }, now) {
  return at < connectedSince || now - at > OLDEST_MS
}

/** The line below the prices: how the connection stands, and how few of the prices were worth a look. */
export function footer({ state, lastError }, { received, delivered }) {
  const reason = state === 'connected' || lastError === undefined ? '' : `: ${lastError.message}`
  return `${state}${reason} · ${received} prices received, ${delivered} shown`
}

function seconds(ms) {
  return `${Math.round(ms / 1_000)} s`
}
