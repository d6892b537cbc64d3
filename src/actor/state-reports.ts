import type { ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import type { Clock } from '../core/clock.js'
import type { ConnectionStatus } from '../core/status.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { BreakerCircuit } from '../resilience/breaker-state.js'
import type { Outbox } from './outbox.js'

/** Where the host finds the states of an actor. */
interface Reported {
  readonly gauges: Gauges
  readonly outbox: Outbox
}

/** Shows a new state of the circuit breaker in shared memory and notifies the host. */
export function reportBreaker({ gauges, outbox }: Reported, state: BreakerCircuit): void {
  gauges.setBreaker(state.kind, state.kind === 'open' ? state.until : 0)
  outbox.notice({ kind: 'breaker', state: state.kind })
}

/**
 * Counts a change of the connection, shows it in shared memory and notifies the host.
 * @returns whether a connection has ended
 */
export function reportConnection(
  { gauges, outbox }: Reported,
  adapter: Pick<ProtocolAdapter, 'listening'>,
  clock: Clock,
  status: ConnectionStatus,
  error: Error | undefined,
): boolean {
  const attempt = status.state === 'reconnecting' ? status.attempt : 0
  const isConnected = status.state === 'connected'
  const wasConnected = gauges.connection === 'connected'
  const listening = isConnected ? adapter.listening : undefined
  if (isConnected) gauges.count('connects')
  else if (wasConnected) gauges.count('disconnects')
  gauges.setConnection(status.state, attempt, isConnected ? clock.now() : 0)
  outbox.notice({
    kind: 'connection',
    state: status.state,
    attempt,
    ...(error !== undefined && { reason: error.message, error: encodeError(error) }),
    ...(listening !== undefined && { listening }),
  })
  return wasConnected
}
