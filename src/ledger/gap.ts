import type { Addressed } from '../mailbox/actor-address.js'
import type { ActorNotice } from '../mailbox/protocol.js'
import type { HostSource } from './host-sources.js'

/**
 * Returns the notice that a subscription misses what was published while there was no actor; `undefined` if the broker
 * has kept it. Pure.
 * @param isResumed whether the session, if the broker keeps one, is that of the actor before
 */
export function gapOf(
  { verb, target, wanted }: HostSource,
  { keepsSession, settings }: Addressed,
  isResumed: boolean,
): Extract<ActorNotice, { kind: 'gap' }> | undefined {
  const qos = wanted.qos ?? Number(settings.config.qos ?? 0)
  if (verb !== 'subscribe' || (keepsSession && isResumed && qos > 0)) return undefined
  const reason = 'the actor was restarted; messages published in the meantime are missing'
  return { kind: 'gap', topic: target, lost: 0, reason }
}
