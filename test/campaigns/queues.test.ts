import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryProtocol } from './protocols/memory.js'
import { mqttProtocol } from './protocols/mqtt.js'
import { natsProtocol } from './protocols/nats.js'
import type { Protocol } from './protocols/protocol.js'
import { redisProtocol } from './protocols/redis.js'
import { KINDS, playRound, startGateway } from './round.js'

/** `npm run test:campaigns` plays many rounds; the tests of every day a few short ones. */
const ROUNDS = Number(process.env.NEMO_CAMPAIGN_ROUNDS ?? 3)
const MESSAGES = Number(process.env.NEMO_CAMPAIGN_MESSAGES ?? 150)
/** Printed with each round, so that one that fails can be played again. */
const SEED = Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now() % 1_000_000)
const ROUND_MS = 120_000

const PROTOCOLS: readonly (readonly [string, () => Promise<Protocol>])[] = [
  ['memory', memoryProtocol],
  ['redis', redisProtocol],
  ['nats', natsProtocol],
  ['mqtt', mqttProtocol],
]

describe('queues in random mixtures of everything', () => {
  test.each(PROTOCOLS)(
    `%s: every message is handled or a dead letter (NEMO_CAMPAIGN_SEED=${SEED})`,
    async (_, start) => {
      const protocol = await start()
      onTestFinished(() => protocol.stop())
      const gateway = await startGateway(protocol)
      onTestFinished(() => gateway.shutdown({ timeout: '5s' }))
      protocol.use?.(gateway)
      for (let round = 0; round < ROUNDS; round++) {
        const kind = KINDS[round % KINDS.length]!
        const faults = await playRound(gateway, protocol, { kind, seed: SEED + round, count: MESSAGES })
        expect(faults.slice(0, 10)).toEqual([])
      }
    },
    ROUNDS * ROUND_MS,
  )
})
