/** All that a change of an attribute can take. */
export const RELOAD_TRAITS = ['in place', 'reconnect', 'replace'] as const
/** What a change of an attribute takes in a running gateway. */
export type ReloadTrait = (typeof RELOAD_TRAITS)[number]

/** An attribute that is not the same in two configurations. */
export interface ChangedAttribute {
  /** Its path in the block: `endpoint.port`. */
  readonly path: string
  /** Where it is: `gateway.hcl:12`. An attribute that was removed has its former place. */
  readonly place: string
  /** What its change takes. */
  readonly reload: ReloadTrait
  /** What it was, in words; a secret only by its type. Absent if it was not set. */
  readonly before?: string
  /** What it is, in the same words. Absent if it is not set any more. */
  readonly after?: string
}

/** All that a reload can do with a block. */
export const PLAN_ACTIONS = ['create', 'in place', 'reconnect', 'replace', 'remove', 'unchanged'] as const
/** What a reload does with a block. */
export type PlanAction = (typeof PLAN_ACTIONS)[number]

/** The kinds of blocks that a plan has. */
export type PlanKind = 'integration' | 'server' | 'broker' | 'data' | 'action' | 'on' | 'route' | 'supervisor'

/** What happens to one block. */
export interface BlockPlan {
  /** The kind of the block. */
  readonly kind: PlanKind
  /** Its label. Several `on` blocks of one event are numbered. */
  readonly name: string
  /** What the reload does with it. */
  readonly action: PlanAction
  /**
   * How the traffic moves to another actor: `overlap` if the successor is ready before the predecessor ends, `in turn` if
   * both cannot run at the same time. Absent if no actor changes.
   */
  readonly handOver?: 'overlap' | 'in turn'
  /** The attributes that differ. */
  readonly attributes: readonly ChangedAttribute[]
  /** What forces the action: an attribute with its place, or another block. */
  readonly forcedBy?: { readonly attribute: string; readonly place: string; readonly reason?: string }
}

/** The blocks of both configurations, actors first. */
export type Plan = readonly BlockPlan[]

/** The figures of a running actor from which the price of its change follows. */
export interface ActorFigures {
  /** Open subscriptions, consumers and served methods, and routes that read from it. */
  readonly subscriptions: number
  /** Requests that are not settled, and messages that it holds for the host or that handlers have. */
  readonly inHand: number
  /** Milliseconds from its last start until it was connected. Absent if it was never connected. */
  readonly startMs?: number
}

/** What the change of an actor costs. */
export interface ActorPrice {
  /** Subscriptions, consumers and served methods that are opened again. */
  readonly subscriptions: number
  /** Requests and messages that the predecessor has to settle. */
  readonly inHand: number
  /**
   * Milliseconds without a connection, as long as its last start took; 0 if the successor is ready before. Absent if no
   * start was measured, or no successor follows.
   */
  readonly gapMs?: number
}

/** What happens to one block, and what that costs. */
export interface PricedBlock extends BlockPlan {
  readonly price?: ActorPrice
}

/** Tells configurations apart. A gateway that starts again has other fingerprints. */
export interface Fingerprints {
  /** Of the configuration that runs. */
  readonly running: string
  /** Of the configuration that a reload would bring. */
  readonly next: string
}

/** What a reload would do, and for which configurations that holds. */
export interface Proposal {
  readonly blocks: readonly PricedBlock[]
  /** Why a reload would be refused. Absent if it would not. */
  readonly refused?: string
  readonly fingerprints: Fingerprints
}

/** The figures of reloads. */
export interface ReloadFigures {
  /** Reloads that changed something. */
  readonly applied: number
  /** Reloads that found nothing to change. */
  readonly unchanged: number
  /** Reloads that were refused, after which the earlier configuration ran on. */
  readonly refused: number
  /** Whether the last reload was not refused; `true` before the first. */
  readonly lastSucceeded: boolean
}

/** Shortens the words for a plain value: `the number 5` to `5`. */
export function withoutType(words: string): string {
  return words.replace(/^the (?:string|number|boolean|list) /u, '')
}
