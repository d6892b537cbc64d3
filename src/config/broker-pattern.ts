import { topicMatches } from '../core/topic-pattern.js'

/** Whether a pattern matches a topic, by the wildcards of MQTT, of NATS (`*`, `>`) or of Redis (`*`). */
export function patternMatches(pattern: string, topic: string): boolean {
  if (topicMatches(pattern, topic)) return true
  if (!/[*>]/u.test(pattern)) return false
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\?]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replace(/>$/u, '.+')
  return new RegExp(`^${expression}$`, 'u').test(topic)
}
