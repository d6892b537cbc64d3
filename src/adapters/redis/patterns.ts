import { topicMatches, topicPatternFault } from '../../core/topic-pattern.js'

/** What to subscribe to for a pattern. */
export type Subscribable =
  | { readonly kind: 'channel'; readonly channel: string }
  | {
      readonly kind: 'glob'
      readonly glob: string
      /** Filters the channels that match the glob. Absent if every match is wanted. */
      readonly matches?: (channel: string) => boolean
    }

/**
 * Parses the pattern of a subscription: Redis wildcards (`*`, `?`, `[…]`) go to PSUBSCRIBE unchanged, MQTT wildcards
 * (`+`, a final `#`) become a glob, and any other pattern is a channel name. A glob of an MQTT pattern matches more
 * than the pattern, so `matches` filters the rest.
 */
export function readPattern(pattern: string): Subscribable {
  if (/[*?[]/.test(pattern)) return { kind: 'glob', glob: pattern }
  const levels = pattern.split('/')
  if (!levels.some((level) => level === '+' || level === '#') || topicPatternFault(pattern) !== undefined)
    return { kind: 'channel', channel: pattern }
  return { kind: 'glob', glob: toGlob(levels), matches: (channel) => topicMatches(pattern, channel) }
}

function toGlob(levels: readonly string[]): string {
  const literal = levels.map((level) => (level === '+' ? '*' : level.replaceAll('\\', '\\\\')))
  if (levels.at(-1) !== '#') return literal.join('/')
  // In MQTT "a/#" matches "a" too (MQTT 5, section 4.7.1.2).
  return `${literal.slice(0, -1).join('/')}*`
}
