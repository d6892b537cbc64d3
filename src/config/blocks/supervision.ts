import type { GroupSettings, SupervisionSettings } from '../../core/settings.js'
import {
  DEFAULT_BACKOFF,
  DEFAULT_GROUP,
  DEFAULT_HEARTBEAT_MS,
  DEFAULT_SUPERVISION,
  LONGEST_BACKOFF,
} from '../defaults.js'
import { didYouMean } from '../diagnostics.js'
import { duration, integer, oneOf, text } from '../kinds.js'
import type { SupervisionBlock, SupervisorBlock } from '../options.js'
import { withoutUserInfo } from '../secrets.js'
import type { Section } from '../section.js'

/** What a `supervision` block gives: the heartbeat is the actor's, the rest the supervisor's. */
export interface Supervision {
  readonly supervision: SupervisionSettings
  readonly heartbeatMs: number
}

/** The `supervision` block. @param groups the names of the `supervisor` blocks */
export function readSupervision(
  section: Section<SupervisionBlock> | undefined,
  groups: ReadonlySet<string>,
): Supervision {
  if (section === undefined) return { supervision: DEFAULT_SUPERVISION, heartbeatMs: DEFAULT_HEARTBEAT_MS }
  const otherwise = DEFAULT_SUPERVISION
  const restart =
    section.value('restart', oneOf(['permanent', 'transient', 'temporary'])) ?? otherwise.restart
  const maxRestarts = section.value('max_restarts', integer(0)) ?? otherwise.maxRestarts
  const withinMs = section.value('within', duration()) ?? otherwise.withinMs
  const initialMs = section.value('backoff', duration()) ?? DEFAULT_BACKOFF.initialMs
  const maxMs = section.value('max_backoff', duration()) ?? initialMs * LONGEST_BACKOFF
  const heartbeatMs = section.value('heartbeat', duration()) ?? DEFAULT_HEARTBEAT_MS
  const shutdownMs = section.value('shutdown', duration(0)) ?? otherwise.shutdownMs
  const group = readGroup(section, groups)
  const poisonThreshold = section.value('poison_threshold', integer(1)) ?? otherwise.poisonThreshold
  const warmSpares = section.value('warm_spares', integer(0, 16)) ?? otherwise.warmSpares
  section.done()
  return {
    heartbeatMs,
    supervision: {
      restart,
      maxRestarts,
      withinMs,
      backoff: { ...DEFAULT_BACKOFF, initialMs, maxMs },
      jitter: otherwise.jitter,
      shutdownMs,
      poisonThreshold,
      warmSpares,
      ...(group !== undefined && { group }),
    },
  }
}

function readGroup(section: Section<SupervisionBlock>, groups: ReadonlySet<string>): string | undefined {
  const group = section.value('group', text)
  if (group === undefined || groups.has(group)) return group
  const near = didYouMean(group, groups)
  section.wrong(
    'group',
    section.node('group')!,
    groups.size === 0
      ? 'a supervisor block of that name'
      : `one of the supervisors ${[...groups].join(', ')}`,
    near === undefined ? `write supervisor "${withoutUserInfo(group)}" { … }` : `did you mean "${near}"?`,
  )
  return undefined
}

/** A `supervisor` block. */
export function readGroupSettings(name: string, section: Section<SupervisorBlock>): GroupSettings {
  const strategy =
    section.value('strategy', oneOf(['one_for_one', 'one_for_all', 'rest_for_one'])) ?? DEFAULT_GROUP.strategy
  const maxRestarts = section.value('max_restarts', integer(0)) ?? DEFAULT_GROUP.maxRestarts
  const withinMs = section.value('within', duration()) ?? DEFAULT_GROUP.withinMs
  section.done()
  return { name, strategy, maxRestarts, withinMs }
}
