import { afterEach, expect, test } from 'vitest'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import type { Running } from '../support/program.js'
import { waitFor } from '../support/wait-for.js'
import { Programs, terminate } from './support.js'

const programs = new Programs()
let broker: Mosquitto | undefined
afterEach(async () => {
  await programs.kill()
  await broker?.stop()
})

const FRAME = /ACME.*\nGLOBEX.*\n\n.*shown\n/gu

/** Waits for a frame, drawn from now on, in which both rows and the footer match. */
async function frame(ticker: Running, row: RegExp, footer: RegExp): Promise<string> {
  const start = ticker.stdout.length
  const isWanted = (text: string) => {
    const [acme, globex, , last] = text.split('\n')
    return row.test(acme!) && row.test(globex!) && footer.test(last!)
  }
  return waitFor(() => ticker.stdout.slice(start).match(FRAME)?.findLast(isWanted), {
    what: () => `a frame with ${row} and ${footer}; the last are:\n${ticker.stdout.slice(-500)}`,
  })
}

test('the newest prices, stale while the broker is away, and fresh again', async () => {
  broker = await startMosquitto()
  const ticker = programs.node('price-ticker/ticker.mjs', ['ACME', 'GLOBEX'], { BROKER: broker.url })
  await frame(ticker, /–$/u, /^connected/u)

  programs.node('price-ticker/exchange.mjs', ['5000', broker.url])
  const [, received, shown] = (await frame(ticker, /\d\.\d\d$/u, /^connected · \d{4,} /u)).match(
    /(\d+) prices received, (\d+) shown/u,
  )!
  expect(Number(shown)).toBeLessThan(Number(received) / 2)

  await broker.kill()
  await frame(ticker, /\d\.\d\d {2}STALE \d+ s$/u, /^reconnecting: .*ECONNREFUSED/u)
  await broker.restart()
  await frame(ticker, /\d\.\d\d$/u, /^connected/u)

  expect(await terminate(ticker)).toBe(0)
  expect((await ticker.ended).stderr).toBe('')
})

test('prices are stale when the exchange falls silent', async () => {
  broker = await startMosquitto()
  const ticker = programs.node('price-ticker/ticker.mjs', ['ACME', 'GLOBEX'], { BROKER: broker.url })
  const exchange = programs.node('price-ticker/exchange.mjs', ['100', broker.url])
  await frame(ticker, /\d\.\d\d$/u, /^connected/u)
  exchange.child.kill('SIGKILL')
  await frame(ticker, /STALE \d+ s$/u, /^connected/u)
})

test('a ticker that starts before its broker shows prices once there are some', async () => {
  broker = await startMosquitto()
  await broker.kill()
  const ticker = programs.node('price-ticker/ticker.mjs', ['ACME', 'GLOBEX'], { BROKER: broker.url })
  programs.node('price-ticker/exchange.mjs', ['100', broker.url])
  await frame(ticker, /–$/u, /ECONNREFUSED/u)
  await broker.restart()
  await frame(ticker, /\d\.\d\d$/u, /^connected/u)
})
