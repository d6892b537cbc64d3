/** How topics are read: see `topic_style` in the configuration. */
export type TopicStyle = 'auto' | 'nats'

/** The NATS subjects for a topic pattern. */
export interface SubjectPattern {
  /** One subject, or two for `a/#`, which matches `a` too (MQTT 5, section 4.7.1.2). */
  readonly subjects: readonly string[]
  /** Returns the topic for the subject of a message. Absent if the pattern has no wildcards: then it is the topic. */
  readonly topicOf?: (subject: string) => string
}

const CAPACITY = 4_096
/**
 * Maximum length of a subject, in bytes. A server reads lines of at most 4,096 bytes, which also hold the reply subject
 * and the sizes.
 */
const LONGEST_BYTES = 3_800
const BLANK = /[\s\p{Cc}]/u
const same = (subject: string) => subject
const slashed = (subject: string) => subject.replaceAll('.', '/')

/**
 * Converts topics to subjects and back: a topic with a slash, and `+` or `#` alone, follow MQTT, so that levels become
 * tokens, `+` becomes `*` and `#` becomes `>`; any other topic is a subject. Names received messages in the style of
 * their pattern.
 */
export class Subjects {
  readonly #style: TopicStyle
  readonly #known = new Map<string, string>()

  constructor(style: TopicStyle) {
    this.#style = style
  }

  /**
   * Returns the subject to publish to or to call. Caches valid topics. @throws RangeError with the reason if the topic
   * has no subject
   */
  subject(topic: string): string {
    const known = this.#known.get(topic)
    if (known !== undefined) return known
    const subject = this.#isMqtt(topic) ? fromMqtt(topic) : topic
    const fault = subjectFault(subject)
    if (fault !== undefined) throw new RangeError(fault)
    if (/(^|\.)[*>](\.|$)/.test(subject)) throw new RangeError(`${JSON.stringify(topic)} contains a wildcard`)
    if (this.#known.size >= CAPACITY) this.#known.clear()
    this.#known.set(topic, subject)
    return subject
  }

  /** Returns the subjects to subscribe to. @throws RangeError with the fault of the pattern */
  pattern(pattern: string): SubjectPattern {
    const mqtt = this.#isMqtt(pattern)
    const subject = mqtt ? fromMqtt(pattern) : pattern
    const fault = subjectFault(subject)
    if (fault !== undefined) throw new RangeError(fault)
    const tokens = subject.split('.')
    const open = tokens.indexOf('>')
    if (open !== -1 && open !== tokens.length - 1)
      throw new RangeError(`"${mqtt ? '#' : '>'}" must be the last level of ${JSON.stringify(pattern)}`)
    if (open === -1 && !tokens.includes('*')) return { subjects: [subject] }
    const parent = tokens.slice(0, -1).join('.')
    const subjects = mqtt && open > 0 ? [parent, subject] : [subject]
    return { subjects, topicOf: mqtt ? slashed : same }
  }

  #isMqtt(topic: string): boolean {
    return this.#style === 'auto' && (topic.includes('/') || topic === '+' || topic === '#')
  }
}

function fromMqtt(topic: string): string {
  if (topic.includes('.'))
    throw new RangeError(
      `${JSON.stringify(topic)} has both slashes and dots: write it as a subject with dots only, or set topic_style = "nats"`,
    )
  return topic
    .split('/')
    .map((level) => {
      if (level === '+') return '*'
      if (level === '#') return '>'
      if (/[+#*>]/.test(level))
        throw new RangeError(`a wildcard must be the whole level, found ${JSON.stringify(level)}`)
      return level
    })
    .join('.')
}

function subjectFault(subject: string): string | undefined {
  if (subject === '') return 'the subject is empty'
  if (BLANK.test(subject)) return `${JSON.stringify(subject)} contains white space or a control character`
  if (subject.split('.').includes('')) return `${JSON.stringify(subject)} has an empty level`
  if (Buffer.byteLength(subject) > LONGEST_BYTES) return `the subject is longer than ${LONGEST_BYTES} bytes`
  return undefined
}
