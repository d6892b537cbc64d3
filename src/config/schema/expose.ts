import { z } from 'zod'
import { text } from './kinds.js'
import { nameOf } from './late.js'

const topic = z.strictObject({
  integration: nameOf('integration').describe('Integration that the topic is subscribed at.'),
  topic: text.describe('Topic or pattern, as the integration writes it. Example: `"orders/#"`.'),
})

export const expose = z
  .strictObject({
    data: z.array(nameOf('data')).default([]).describe('`data` blocks that callers may subscribe to.'),
    topics: z
      .record(text, topic)
      .default({})
      .describe(
        'Topics that callers may subscribe to, by the names that callers use. Example: `{ orders = { integration = "events", topic = "orders/#" } }`.',
      ),
  })
  .describe('JSON-RPC: what callers may subscribe to over a WebSocket. Nothing is exposed by default.')
