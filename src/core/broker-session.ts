/** What tells the sessions that a broker keeps for an integration apart from all others. Plain data. */
export interface BrokerSession {
  /** The configured client id. Absent if it is generated: then no other integration has it. */
  readonly clientId?: string
  /** Whether the broker keeps the sessions for a client that comes back. */
  readonly isKept: boolean
  /** The group whose queues the sessions consume. */
  readonly group: string
  /** The addresses of the broker. */
  readonly brokers: readonly string[]
}

/**
 * Whether an actor with the second sessions resumes those of the first. None resumes those of a generated client id.
 * Pure.
 */
export function resumes(before: BrokerSession | undefined, after: BrokerSession | undefined): boolean {
  if (!before?.isKept || !after?.isKept || before.clientId === undefined) return false
  const isSameMember = before.clientId === after.clientId && before.group === after.group
  // A session may be at any of the earlier addresses.
  return isSameMember && before.brokers.every((broker) => after.brokers.includes(broker))
}

/**
 * Whether no broker takes one for the other: their client ids are configured, and neither begins those of the other.
 * Pure.
 */
export function areApart(one: BrokerSession | undefined, other: BrokerSession | undefined): boolean {
  const [a, b] = [one?.clientId, other?.clientId]
  return a !== undefined && b !== undefined && a !== b && !a.startsWith(`${b}-`) && !b.startsWith(`${a}-`)
}

/** Whether the sessions of the first may be at a broker of the second. Pure. */
export function sharesBroker(before: BrokerSession | undefined, after: BrokerSession | undefined): boolean {
  return before?.brokers.some((broker) => after?.brokers.includes(broker)) ?? true
}
