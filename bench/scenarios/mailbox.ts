import type { Gateway } from '../../src/index.js'
import { observe, type Side } from '../measure/compare.js'
import { payloadPool } from '../message.js'
import { together } from '../sides/flooded.js'
import { startGateway } from '../sides/gateway.js'
import { gatewayPublisher, gatewaySubscriber, NAME } from '../sides/gateway-pubsub.js'
import type { Scenario } from './scenario.js'

const IN_FLIGHT = 512

type Content = 'values' | 'bytes'

/**
 * The way across the thread line alone: a memory integration, no network. `echo` receives what it publishes,
 * so its cost is that of both ways.
 */
function mailbox(way: 'publish' | 'echo', content: Content): Scenario {
  return {
    name: `mailbox-${way}-${content}`,
    title: `Mailbox, ${way === 'publish' ? 'to the actor' : 'to the actor and back'}, ${content}`,
    measures: ['host-cpu'],
    async run(plan) {
      const gateway = await startGateway({
        [NAME]: { type: 'memory', format: content === 'values' ? 'json' : 'binary' },
      })
      const side = way === 'publish' ? publisher(gateway, content) : echo(gateway, content)
      try {
        return await observe(side, plan)
      } finally {
        await side.close()
      }
    },
  }
}

const publisher = (gateway: Gateway, content: Content) =>
  gatewayPublisher(gateway, { inFlight: IN_FLIGHT, ...(content === 'bytes' && { pool: payloadPool() }) })

function echo(gateway: Gateway, content: Content): Side {
  const decode = content === 'values' ? 'value' : 'bytes'
  const subscriber = gatewaySubscriber(gateway, () => {}, { decode })
  const both = together([subscriber, publisher(gateway, content)])
  return {
    async begin() {
      const running = await both.begin()
      // Each message is counted when it is published and when it is received.
      return { ...running, count: () => running.count() / 2 }
    },
    close: () => gateway.shutdown(),
  }
}

export const MAILBOX: readonly Scenario[] = [
  mailbox('publish', 'values'),
  mailbox('publish', 'bytes'),
  mailbox('echo', 'values'),
  mailbox('echo', 'bytes'),
]
