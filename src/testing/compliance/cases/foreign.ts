import assert from 'node:assert/strict'
import type { ComplianceCase } from '../case.js'
import { sendingOperations } from '../sending.js'
import { eventually, failureOf, soon } from '../waiting.js'

let records = 0

/** Cases for faulty code and values of the application, which must not affect the gateway. */
export const foreignCases: readonly ComplianceCase[] = [
  {
    name: 'a logger and listeners that throw or reject break nothing',
    needs: [],
    logger() {
      if (records++ % 2 === 0) throw new Error('the disk is full')
      return Promise.reject(new Error('the disk is full'))
    },
    async run(context) {
      const fail = () => {
        throw new Error('a listener')
      }
      for (const event of ['log', 'actor:crashed', 'connection:changed', 'actor:restarted'] as const)
        context.gateway.on(event, fail)
      context.gateway.on('connection:changed', async () => fail())
      for (let n = 1; n <= 2; n++) {
        await context.kill()
        await eventually(
          () => context.gateway.connections.status('subject').restarts === n,
          'it is restarted',
        )
        await context.connected('subject')
      }
      assert.equal(context.gateway.connections.status('other').restarts, 0)
    },
  },
  {
    name: 'a value that cannot be cloned fails its own request, and its neighbours pass',
    needs: [],
    async run(context) {
      const throwing = {
        get secret() {
          throw new Error('a getter')
        },
      }
      for (const [what, send] of await sendingOperations(context))
        for (const [which, make] of [
          ['detached bytes', detached],
          ['an object with detached bytes', () => ({ bytes: detached() })],
          ['a getter that throws', () => throwing],
          ['a function in a list', () => [() => 1]],
        ] as const) {
          const before = send({ n: 1 })
          const bad = send(make())
          const after = send({ n: 2 })
          const error = await failureOf(bad, `${what} of ${which}`)
          assert.ok(error instanceof Error, `${what} of ${which} is refused`)
          await soon(Promise.all([before, after]), `the neighbours of ${what} of ${which}`)
        }
      assert.equal(context.metrics().restarts, 0)
    },
  },
  {
    name: 'a value means what JSON makes of it, or is refused',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('json')
      const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
      class Account {
        readonly password = 'hunter2'
        toJSON() {
          return { name: 'ada' }
        }
      }
      for (const value of [new Account(), { nested: new Account() }, { site: new URL('http://a.test/b') }]) {
        const sent = await soon(
          context
            .pubsub('other')
            .publish(topic, value)
            .then(
              () => true,
              () => false,
            ),
          'publish',
        )
        if (!sent) continue
        const [message] = await context.take(subscription, 1)
        assert.deepEqual(message!.value, JSON.parse(JSON.stringify(value)))
      }
    },
  },
  {
    name: 'unknown and impossible options are refused by name',
    needs: ['publish'],
    async run(context) {
      const publish = (options: object) =>
        rejectedBy(async () => context.pubsub().publish(context.name('to'), 1, options))
      assert.match(await publish({ timout: 5 }), /timout.*timeout/s)
      assert.match(await publish({ qos: 5 }), /qos/)
      assert.match(await publish({ timeout: 'soon' }), /timeout|soon/)
      const noTopic = rejectedBy(async () => context.pubsub().publish(undefined as never, 1))
      assert.notEqual(await noTopic, '')
    },
  },
]

async function rejectedBy(attempt: () => Promise<unknown>): Promise<string> {
  const outcome = await failureOf(attempt(), 'a call with wrong arguments')
  assert.ok(outcome instanceof Error, 'wrong arguments are refused')
  return outcome.message
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(16)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
}
