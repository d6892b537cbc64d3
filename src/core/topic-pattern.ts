/**
 * Whether `topic` matches `pattern` by the rules of MQTT 5, section 4.7: `+` matches one level, a final `#` matches
 * the parent and any number of levels, and a leading wildcard does not match a topic that begins with `$`. Never
 * throws.
 * @param pattern a topic filter
 * @param topic a topic without wildcards
 * @returns true when it matches
 */
export function topicMatches(pattern: string, topic: string): boolean {
  if (pattern === topic) return true
  if (topic.startsWith('$') && (pattern.startsWith('+') || pattern.startsWith('#'))) return false
  const wanted = pattern.split('/')
  const levels = topic.split('/')
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '#') return i === wanted.length - 1
    if (i >= levels.length) return false
    if (wanted[i] !== '+' && wanted[i] !== levels[i]) return false
  }
  return wanted.length === levels.length
}

/**
 * Why `pattern` is not a valid topic filter (MQTT 5, section 4.7.1); `undefined` if it is. Never throws.
 * @param pattern the text to check
 * @returns what is wrong with it; `undefined` for a topic filter
 */
export function topicPatternFault(pattern: string): string | undefined {
  if (pattern === '') return 'it is empty'
  if (pattern.includes('\u0000')) return 'it contains a null character'
  if (Buffer.byteLength(pattern) > 65_535) return 'it is longer than 65,535 bytes'
  const levels = pattern.split('/')
  for (const [i, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || i !== levels.length - 1))
      return '"#" must be the whole last level'
    if (level.includes('+') && level !== '+') return '"+" must be a whole level'
  }
  return undefined
}

/**
 * Why `topic` is not a valid topic name (MQTT 5, section 4.7.3); `undefined` if it is. Never throws.
 * @param topic the text to check
 * @returns what is wrong with it; `undefined` for a topic
 */
export function topicNameFault(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return 'it contains a wildcard'
  return topicPatternFault(topic)
}
