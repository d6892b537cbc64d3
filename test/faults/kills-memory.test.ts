import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'
import { Gateway, type Subscription } from '../../src/index.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { Numbers } from './support/numbers.js'
import { type Ordeal, survive } from './support/survival.js'

const KILLS = rounds(1, 20)
/** Impatient, so that it goes fast; for the neighbours a machine under this load may well be late. */
const supervision = {
  heartbeat: '300ms',
  max_restarts: 10_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
}
const victim = { type: 'memory', supervision, limits: { memory: '96MB' } }
const neighbour = { type: 'memory' }

let gateway: Gateway
let ordeal: Ordeal
let observer: Subscription<{ n: number }>

beforeAll(async () => {
  gateway = await Gateway.start({ integrations: { victim, witness: neighbour, bystander: neighbour } })
  await connected(gateway, 'victim', 'witness', 'bystander')
  const witness = new Numbers()
  observer = await gateway.pubsub('witness').subscribe('numbers')
  void (async () => {
    for await (const { value } of observer) witness.add(value.n)
  })()
  const own = await gateway.pubsub('victim').subscribe<{ n: number }>('numbers')
  ordeal = { gateway, victim: 'victim', neighbours: ['witness', 'bystander'], topic: 'numbers', own, witness }
})

afterAll(() => gateway.shutdown())

describe('an actor of the memory protocol under load', () => {
  test.each(['throw', 'reject', 'exit', 'leak-objects', 'leak-map', 'leak-buffers', 'spin'] as const)(
    'survives being killed again and again by %s',
    (fault) => survive(ordeal, fault, KILLS),
    600_000,
  )

  test('survives being stuck in native calls; the stuck threads are counted until they are gone', async () => {
    let most = 0
    const look = setInterval(() => {
      most = Math.max(most, gateway.metrics().zombies)
    }, 20)
    onTestFinished(() => clearInterval(look))
    await survive(ordeal, 'block', rounds(1, 3))
    await waitFor(() => most >= 1, { what: 'a zombie to be counted' })
    await waitFor(() => gateway.metrics().zombies === 0, { what: 'the zombies to go', timeoutMs: 30_000 })
  }, 600_000)
})
