import { topicMatches, topicPatternFault } from '../../core/topic-pattern.js'

/** How a pattern is subscribed to. */
export type Subscribable =
  | { readonly kind: 'channel'; readonly channel: string }
  | {
      readonly kind: 'glob'
      readonly glob: string
      /** Whether a channel that the glob lets through is wanted; absent: it always is. */
      readonly matches?: (channel: string) => boolean
    }

/**
 * Reads the pattern of a subscription. Wildcards are Redis' own (`*`, `?`, `[…]`: PSUBSCRIBE as it stands) or MQTT's
 * (`+` for one level between slashes, a final `#` for any number): those become a glob that lets through more, and
 * the rest is sorted out here. Anything else is the name of one channel.
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
  // "a/#" stands for "a" too.
  return `${literal.slice(0, -1).join('/')}*`
}
