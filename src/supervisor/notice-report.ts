import type { GatewayReport } from '../core/events.js'
import type { ActorNotice } from '../mailbox/protocol.js'

/** Returns what the gateway reports when an actor sends a notice. Pure. */
export function reportOf(
  integration: string,
  notice: Exclude<ActorNotice, { kind: 'source-ended' | 'dropped' }>,
): GatewayReport {
  switch (notice.kind) {
    case 'connection': {
      const { state, attempt, reason, listening } = notice
      return {
        kind: 'connection:changed',
        integration,
        state,
        attempt,
        ...(reason !== undefined && { reason }),
        ...(listening !== undefined && { listening }),
      }
    }
    case 'breaker':
      return { kind: 'breaker:changed', integration, state: notice.state }
    case 'gap': {
      const { topic, lost, reason } = notice
      return { kind: 'subscription:gap', integration, topic, lost, reason }
    }
    case 'refused': {
      const { kind: _, ...refusal } = notice
      return { kind: 'server:refused', server: integration, ...refusal }
    }
    case 'dead-letter': {
      const { queue, reason, attempts, bytes, route } = notice
      const of = route !== undefined && { route }
      return { kind: 'message:dead', integration, ...of, queue, reason, attempts, bytes }
    }
  }
}
