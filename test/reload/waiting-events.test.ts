import { afterEach, describe, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'

let gateway: Gateway
afterEach(() => gateway.shutdown({ timeout: 100 }))

const WORK = { work: { type: 'rpc', config: { integration: 'b', method: 'work' } } }

function configured(on: object, actions: object = WORK): ConfigObject {
  return {
    integrations: { b: { type: 'memory' } },
    data: { jobs: { type: 'queue', integration: 'b', queue: 'jobs' } },
    actions,
    on,
  } as ConfigObject
}

/** A gateway with one event in the hands of a handler, and two that wait. */
async function waiting() {
  gateway = await Gateway.start(configured({ 'data.jobs.updated': { action: 'work' } }))
  const done: unknown[] = []
  let proceed = () => {}
  const held = new Promise<void>((resolve) => {
    proceed = resolve
  })
  const answer = (name: string) => async (params: unknown) => {
    await held
    done.push([name, (params as { value: { payload: unknown } }).value.payload])
    return null
  }
  await gateway.server('b').register('work', answer('work')).register('other', answer('other')).serve()
  const failed: string[] = []
  gateway.on('action:failed', ({ reason }) => failed.push(reason))
  const send = (n: number) => gateway.queue('b').send('jobs', n)
  const figures = () => gateway.metrics().triggers?.['data.jobs.updated']
  for (const n of [1, 2, 3]) await send(n)
  await expect.poll(figures).toMatchObject({ running: 1, waiting: 2 })
  return { done, failed, send, figures, proceed }
}

const work = (n: number) => ['work', n]

describe('the events that wait in an `on` block get their runs', () => {
  test('when it changes', async () => {
    const { done, failed, send, figures, proceed } = await waiting()
    await gateway.reload(configured({ 'data.jobs.updated': { action: 'work', queue_size: 1 } }))
    expect(figures()).toMatchObject({ events: 3, runs: 1, skipped: 0, running: 1, waiting: 2 })
    await send(4)
    await expect.poll(figures).toMatchObject({ events: 4 })
    proceed()
    await expect.poll(() => done).toEqual([1, 2, 3, 4].map(work))
    await expect.poll(figures).toMatchObject({ events: 4, runs: 4, skipped: 0, running: 0, waiting: 0 })
    expect(failed).toEqual([])
  })

  test('when it gets another action, and theirs is removed', async () => {
    const { done, failed, send, figures, proceed } = await waiting()
    const other = { other: { type: 'rpc', config: { integration: 'b', method: 'other' } } }
    await gateway.reload(configured({ 'data.jobs.updated': { action: 'other' } }, other))
    await send(4)
    await expect.poll(figures).toMatchObject({ events: 4 })
    proceed()
    await expect.poll(() => done).toEqual([...[1, 2, 3].map(work), ['other', 4]])
    expect(failed).toEqual([])
  })

  test('when their action changes', async () => {
    const { done, failed, proceed } = await waiting()
    await gateway.reload(
      configured(
        { 'data.jobs.updated': { action: 'work' } },
        { work: { type: 'rpc', config: { integration: 'b', method: 'other' } } },
      ),
    )
    proceed()
    await expect.poll(() => done).toEqual([work(1), ['other', 2], ['other', 3]])
    expect(failed).toEqual([])
  })

  test('when it is removed with its action', async () => {
    const { done, failed, figures, proceed } = await waiting()
    await gateway.reload(configured({}, {}))
    expect(figures()).toBeUndefined()
    proceed()
    await expect.poll(() => done).toEqual([1, 2, 3].map(work))
    expect(failed).toEqual([])
  })
})

test('a shutdown drops the events that wait in a removed `on` block', async () => {
  const { done, proceed } = await waiting()
  await gateway.reload(configured({}))
  const ended = gateway.shutdown({ timeout: '5s' })
  proceed()
  await ended
  expect(done).toEqual([work(1)])
})
