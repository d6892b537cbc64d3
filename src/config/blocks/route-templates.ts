import type { MessageTemplate } from '../../core/settings/route.js'
import { didYouMean } from '../hcl/diagnostics.js'
import type { Finding } from '../hcl/index.js'
import { type Node, nodeAt } from '../node.js'
import { quoteAll } from '../reading/expectation.js'
import type { Section } from '../reading/section.js'
import type { route } from '../schema/route.js'

/** The fields of every message, and those that a delivery of a queue has beside them. */
const OF_ALL = ['topic', 'payload', 'headers', 'timestamp']
const OF_QUEUES = ['queue', 'id', 'attempt', 'redelivered']
/** Fields that are the same for all messages of a queue or of a method. */
const OF_SOURCE = ['topic', 'queue']

/** Reports paths in the templates of a route that no message has, and keys that do not tell messages apart. */
export function checkTemplates(section: Section<typeof route>): void {
  const { from, to, dead_letter: letter, key, idempotency } = section.values
  if (from === undefined) return
  const isQueue = from.queue !== undefined
  const check = (template: MessageTemplate | undefined, node: Node | undefined, hasPayload = true) => {
    if (template === undefined || node === undefined) return
    const finding = template.map((part) => pathFinding(part, isQueue, hasPayload)).find(Boolean)
    if (finding) section.fault(node.span, finding)
  }
  const within = (name: string, path: string) => {
    const node = section.node(name)
    return node && nodeAt(node, [path])
  }
  check(key, section.node('key'))
  for (const kind of ['topic', 'queue', 'method'] as const) check(to?.[kind], within('to', kind))
  for (const kind of ['topic', 'queue'] as const) check(letter?.[kind], within('dead_letter', kind), false)
  check(idempotency?.key, within('idempotency', 'key'))
  const at = within('idempotency', 'key')
  const isConstant = (part: MessageTemplate[number]) =>
    typeof part === 'string' || (from.topic === undefined && OF_SOURCE.includes(part.path[0]!))
  if (idempotency?.key !== undefined && at !== undefined && idempotency.key.every(isConstant))
    section.fault(at.span, {
      message: 'this key is the same for all messages: all but the first would be dropped as redeliveries',
      expected: 'a key that differs from message to message',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of HCL
      hint: isQueue ? 'key = "${message.id}"' : 'key = "${message.headers.id}"',
    })
}

function pathFinding(
  part: MessageTemplate[number],
  isQueue: boolean,
  hasPayload: boolean,
): Finding | undefined {
  if (typeof part === 'string') return undefined
  const [field, ...rest] = part.path as [string, ...string[]]
  const fields = [...OF_ALL.filter((each) => hasPayload || each !== 'payload'), ...(isQueue ? OF_QUEUES : [])]
  const path = `message.${part.path.join('.')}`
  if (!fields.includes(field)) {
    const near = didYouMean(field, fields)
    return {
      message: missing(field, path, hasPayload),
      expected: `a path that begins with ${quoteAll(fields.map((each) => `message.${each}`))}`,
      ...(near !== undefined && { hint: `did you mean "message.${near}"?` }),
    }
  }
  if (field === 'payload') return undefined
  if (field === 'headers')
    return rest.length === 1
      ? undefined
      : { message: `"${path}" is not the value of a header`, expected: '"message.headers.NAME"' }
  return rest.length === 0
    ? undefined
    : { message: `"message.${field}" has no parts`, expected: `"message.${field}"`, found: `"${path}"` }
}

function missing(field: string, path: string, hasPayload: boolean): string {
  if (OF_QUEUES.includes(field)) return `a message has "${path}" only if it comes from a queue`
  if (field === 'payload' && !hasPayload) return 'the target of a dead letter cannot depend on its payload'
  return `a message has no "${path}"`
}
