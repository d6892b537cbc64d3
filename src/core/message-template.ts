import type { MessageTemplate, TemplatePart } from './settings/route.js'

/** The message that a template sees. */
export interface TemplateMessage {
  readonly topic: string
  readonly headers: Readonly<Record<string, string>>
  readonly timestamp: number
  readonly queue?: string
  readonly id?: string
  readonly attempt?: number
  readonly redelivered?: boolean
  /** The decoded payload. */
  readonly payload?: unknown
}

/** A template of a message, or of something in it, whose text cannot be made. */
export type TemplateResult =
  | { readonly ok: true; readonly text: string }
  /** The path that has no text, a number or a boolean. */
  | { readonly ok: false; readonly path: string }

const SEQUENCE = /\$\$\{|\$\{([^{}]*)\}/gu
const PATH = /^message((?:\.[\p{L}_][\p{L}\p{N}_-]*|\.\d+|\["[^"\\]*"\]|\[\d+\])+)$/u
const STEP = /\.([\p{L}\p{N}_-]+)|\["([^"\\]*)"\]|\[(\d+)\]/gu

/**
 * Reads a template: text with paths into the message, such as `archive/${message.topic}`. `$${` is a literal `${`.
 * @returns the parts; the text of the first sequence that is not a path into the message
 */
export function parseTemplate(
  text: string,
):
  | { readonly ok: true; readonly template: MessageTemplate }
  | { readonly ok: false; readonly found: string } {
  const parts: TemplatePart[] = []
  let literal = ''
  let at = 0
  for (const match of text.matchAll(SEQUENCE)) {
    literal += text.slice(at, match.index)
    at = match.index + match[0].length
    if (match[1] === undefined) {
      literal += '${'
      continue
    }
    const path = PATH.exec(match[1].trim())
    if (path === null) return { ok: false, found: match[0] }
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push({ path: [...path[1]!.matchAll(STEP)].map((step) => step[1] ?? step[2] ?? step[3]!) })
  }
  literal += text.slice(at)
  if (literal !== '' || parts.length === 0) parts.push(literal)
  return { ok: true, template: parts }
}

/** Returns the text of a template without paths; `undefined` if it has one. */
export function constantText(template: MessageTemplate): string | undefined {
  const [only] = template
  return template.length === 1 && typeof only === 'string' ? only : undefined
}

/** Whether a template reads the payload, which must then be decoded. */
export function readsPayload(template: MessageTemplate | undefined): boolean {
  return template?.some((part) => typeof part !== 'string' && part.path[0] === 'payload') ?? false
}

/** Makes the text of a template for one message. Never throws. */
export function renderTemplate(template: MessageTemplate, message: TemplateMessage): TemplateResult {
  let text = ''
  for (const part of template) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = valueAt(message, part.path)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return { ok: false, path: `message.${part.path.join('.')}` }
    text += String(value)
  }
  return { ok: true, text }
}

/** The value at a path; `undefined` if there is none. Reads own members only. */
function valueAt(message: TemplateMessage, path: readonly string[]): unknown {
  let at: unknown = message
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}
