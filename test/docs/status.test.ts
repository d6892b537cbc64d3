import { expect, test } from 'vitest'
import { EVENTS } from '../../src/core/events.js'
import { BREAKER_STATES, CONNECTION_STATES } from '../../src/core/status.js'
import { Gateway } from '../../src/index.js'
import { pageAt, tableBelow } from './markdown.js'

const page = pageAt('docs/status.md')
const first = (heading: string) => tableBelow(page, heading).map(([cell]) => cell!.replaceAll('`', ''))

test('the page on status lists every state of a connection, an actor and a breaker', () => {
  expect(first('## Connection')).toEqual([...CONNECTION_STATES])
  expect([...first('## Circuit breaker')].sort()).toEqual([...BREAKER_STATES].sort())
  expect(first('## Actor')).toEqual(Object.keys(EVENTS).filter((name) => name.startsWith('actor:')))
})

test('the page on status lists the fields that a status has', async () => {
  const gateway = await Gateway.start({ integrations: { bus: { type: 'memory' } } })
  try {
    const { state } = await gateway.connections.get('bus')
    expect(state).toBe('connected')
    await gateway.pubsub('bus').publish('a', 1)
    const fields = first('## Fields')
    expect(Object.keys(gateway.connections.status('bus')).filter((field) => !fields.includes(field))).toEqual(
      [],
    )
  } finally {
    await gateway.shutdown()
  }
})
