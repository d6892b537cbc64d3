/** What a change of an attribute takes in a running gateway. */
export type ReloadTrait = 'in place' | 'reconnect' | 'replace'

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
