import {
  constantText,
  renderTemplate,
  type TemplateMessage,
  type TemplateResult,
} from '../../core/message-template.js'
import type { MessageTemplate } from '../../core/settings/route.js'

/** The most targets that are remembered, because publishers choose the topics. */
const MOST_REMEMBERED = 10_000

/** Makes the target of each message, and remembers those that follow from the topic alone. */
export class Targets {
  readonly #template: MessageTemplate
  readonly #byTopic: Map<string, TemplateResult> | undefined
  readonly #constant: TemplateResult | undefined

  constructor(template: MessageTemplate) {
    this.#template = template
    const text = constantText(template)
    this.#constant = text === undefined ? undefined : { ok: true, text }
    const isOfTopic = template.every((part) => typeof part === 'string' || part.path.join('.') === 'topic')
    this.#byTopic = isOfTopic ? new Map() : undefined
  }

  /** @param see returns the message; called only if it is needed */
  of(topic: string, see: () => TemplateMessage): TemplateResult {
    if (this.#constant !== undefined) return this.#constant
    const known = this.#byTopic?.get(topic)
    if (known !== undefined) return known
    const made = renderTemplate(this.#template, see())
    if (this.#byTopic === undefined) return made
    if (this.#byTopic.size >= MOST_REMEMBERED) this.#byTopic.clear()
    this.#byTopic.set(topic, made)
    return made
  }
}
