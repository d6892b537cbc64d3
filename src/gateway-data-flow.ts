import type { GatewayConfig } from './config/gateway-config.js'
import { type Clock, systemClock } from './core/clock.js'
import { ConnectionError } from './core/errors/connection.js'
import type { GatewayReport } from './core/events.js'
import { systemRandom } from './core/random.js'
import type { ConnectionState } from './core/status.js'
import { DataFlow } from './dataflow/flow.js'
import type { ClientSet } from './gateway-clients.js'
import { scriptCaller } from './gateway-scripts.js'
import type { Work } from './mailbox/work.js'
import type { Reporter } from './reporter.js'
import type { Scripts } from './scripts/scripts.js'

/** Makes the data flow of a gateway over its clients. */
export function makeDataFlow(
  config: GatewayConfig,
  clients: ClientSet,
  connection: (integration: string) => ConnectionState,
  work: Work,
  reporter: Reporter,
  scripts: Scripts,
  clock: Clock = systemClock,
): DataFlow {
  return new DataFlow(config, {
    clock,
    random: systemRandom.number,
    work,
    connection,
    callScript: scriptCaller(scripts),
    log: (record) => reporter.log(record),
    report: (report: GatewayReport) => reporter.report(report),
    integration(name) {
      const known = clients.get(name)
      if (known !== undefined) return known
      // A removed `on` block still runs its action for the events that wait in it.
      const reason = `integration "${name}" was removed by a reload`
      throw new ConnectionError(reason, { integration: name, notExecuted: true, retryable: false })
    },
  })
}
