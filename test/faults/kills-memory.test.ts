import { afterAll, beforeAll, describe } from 'vitest'
import { Gateway, type Subscription } from '../../src/index.js'
import { connected } from './support/kill.js'
import { survivesKills } from './support/kills.js'
import { Numbers } from './support/numbers.js'
import { IMPATIENT } from './support/supervision.js'
import type { Ordeal } from './support/survival.js'

const victim = { type: 'memory', supervision: IMPATIENT, limits: { memory: '96MB' } }
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

describe('an actor of the memory protocol under load', () => survivesKills(() => ordeal))
