/** How topics are read: see `topic_style` of the configuration. */
export type TopicStyle = 'auto' | 'nats'

/** A topic pattern as NATS writes it. */
export interface SubjectPattern {
  /** One, or two where `a/#` stands for `a` as well (MQTT 5, section 4.7.1.2). */
  readonly subjects: readonly string[]
  /** The topic of what arrives, given its subject. Absent when there is but one: the pattern itself. */
  readonly topicOf?: (subject: string) => string
}

const CAPACITY = 4_096
/** A server reads lines of 4,096 bytes; the subject of an answer and the sizes have to fit in as well. */
const LONGEST_BYTES = 3_800
const BLANK = /[\s\p{Cc}]/u
const same = (subject: string) => subject
const slashed = (subject: string) => subject.replaceAll('.', '/')

/**
 * Translates topics to subjects and back. A topic with a slash, and `+` or `#` alone, are written as in MQTT:
 * levels become tokens, `+` becomes `*`, `#` becomes `>`; a dot in one is refused, for it would separate tokens.
 * All others are subjects as NATS writes them. What arrives is named in the style of the pattern that asked for it.
 */
export class Subjects {
  readonly #style: TopicStyle
  readonly #known = new Map<string, string>()

  constructor(style: TopicStyle) {
    this.#style = style
  }

  /** The subject to publish to or to call. Checked once for each topic, as far as memory allows. @throws RangeError saying why there is none */
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

  /** What to subscribe to. @throws RangeError saying what is wrong with the pattern */
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
      `${JSON.stringify(topic)} has both slashes and dots; write it as a subject, with dots only, or set topic_style = "nats"`,
    )
  return topic
    .split('/')
    .map((level) => {
      if (level === '+') return '*'
      if (level === '#') return '>'
      if (/[+#*>]/.test(level))
        throw new RangeError(`a wildcard must stand alone in its level, found ${JSON.stringify(level)}`)
      return level
    })
    .join('.')
}

function subjectFault(subject: string): string | undefined {
  if (subject === '') return 'it is empty'
  if (BLANK.test(subject)) return `${JSON.stringify(subject)} contains white space or a control character`
  if (subject.split('.').includes('')) return `${JSON.stringify(subject)} has an empty level`
  if (Buffer.byteLength(subject) > LONGEST_BYTES) return `it is longer than ${LONGEST_BYTES} bytes`
  return undefined
}
