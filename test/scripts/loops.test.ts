import { expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { scriptOf } from './support.js'

const LOOPS = `
export const again = (_, { gateway }) => { gateway.action('again').catch(() => {}) }
export const topic = async (_, { gateway }) => { await gateway.publish('bus', 'loop', 1) }
export const queue = async (_, { gateway }) => { await gateway.send('bus', 'loop', 1) }
`

test.each(['again', 'topic', 'queue'])('a loop over a script ends after 16 actions: %s', async (name) => {
  const { gateway, run } = await scriptOf(LOOPS, [name], {}, {
    integrations: { bus: { type: 'memory' } },
    data: {
      topics: { type: 'subscription', integration: 'bus', topic: 'loop' },
      jobs: { type: 'queue', integration: 'bus', queue: 'loop' },
    },
    on: {
      ...(name === 'topic' && { 'data.topics.updated': { action: name } }),
      ...(name === 'queue' && { 'data.jobs.updated': { action: name } }),
    },
  } as never)
  const isReady = () => ['topics', 'jobs'].every((each) => gateway.data(each).status === 'connected')
  await waitFor(isReady, { what: () => 'the data' })
  const reasons: string[] = []
  gateway.on('action:failed', ({ reason }) => reasons.push(reason))
  await run(name)
  await waitFor(() => reasons.length > 0, { what: () => 'the end of the loop' })
  expect(reasons).toEqual([expect.stringContaining(`action.${name} → action.${name} is a loop`)])
  expect(gateway.metrics().actions[name]).toMatchObject({ succeeded: 16, failed: 1, running: 0 })
})
