import { topicMatches } from '../core/topic-pattern.js'

/** Whether a pattern matches a topic, by the wildcards of MQTT, of NATS (`*`, `>`) or of Redis (`*`). */
export function patternMatches(pattern: string, topic: string): boolean {
  if (topicMatches(pattern, topic)) return true
  if (!/[*>]/u.test(pattern)) return false
  const isOpen = pattern.endsWith('>')
  // "a.>" matches what is longer than "a.".
  const [first = '', ...rest] = (isOpen ? `${pattern.slice(0, -1)}*` : pattern).split('*')
  if (!topic.startsWith(first)) return false
  const last = rest.pop()
  if (last === undefined) return topic === first
  let at = first.length
  for (const part of rest) {
    const found = topic.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return topic.endsWith(last) && topic.length - last.length >= at + (isOpen ? 1 : 0)
}
