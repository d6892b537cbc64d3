/**
 * A process that answers requests to one subject with their own payload.
 * Arguments: port, subject. Says `ready` when it takes requests; ends with its parent.
 */
import { connect } from '@nats-io/transport-node'

const LIFE_MS = 15 * 60_000
const [port, subject] = [process.argv[2], process.argv[3]!]

const client = await connect({ servers: `127.0.0.1:${port}` })
client.subscribe(subject, {
  callback: (error, message) => {
    if (error !== null) throw error
    message.respond(message.data)
  },
})
await client.flush()
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
setTimeout(() => process.exit(1), LIFE_MS).unref()
