import type { BrokerAddress, BrokerFactory } from '../brokers/embedded-broker.js'
import { sharedController } from '../core/abort.js'
import { systemClock } from '../core/clock.js'
import { systemRandom } from '../core/random.js'
import { serveControl } from '../mailbox/control.js'
import { encodeError } from '../mailbox/error-codec.js'
import { Gauges } from '../mailbox/gauges.js'
import type { BrokerControl } from '../mailbox/thread-messages.js'
import { startHeartbeat } from './heartbeat.js'
import { actorThread } from './thread.js'
import { threadLogger } from './thread-logger.js'

/**
 * Runs an embedded broker in this worker thread. It starts when the supervisor sends its settings. Called once, by an
 * entry point in `workers/`.
 */
export function runBroker(makeBroker: BrokerFactory): void {
  const thread = actorThread()
  const ports: import('node:worker_threads').MessagePort[] = []
  let attach = (port: (typeof ports)[number]) => {
    ports.push(port)
  }
  thread.listen((message) => {
    if (message.kind === 'attach') attach(message.port)
    if (message.kind !== 'start-broker') return
    const { name, listen, memory, control } = message
    const heartbeat = startHeartbeat(systemClock, new Gauges(message.gauges), message)
    const broker = makeBroker({
      name,
      listen,
      memory,
      log: threadLogger(thread),
      clock: systemClock,
      random: systemRandom,
    })
    let address: BrokerAddress = {}
    serveControl<BrokerControl>(control, {
      async stop() {
        await broker.stop()
        heartbeat.cancel()
      },
      address: async () => address,
    })
    broker.start(sharedController().signal).then(
      (reached) => {
        address = reached
        attach = (port) => broker.attach(port)
        for (const port of ports) broker.attach(port)
        thread.tell({ kind: 'ready' })
      },
      (error: unknown) => thread.tell({ kind: 'start-failed', error: encodeError(error) }),
    )
  })
  thread.tell({ kind: 'loaded' })
}
