import type { Capability } from '../../core/capability.js'
import { readsPayload } from '../../core/message-template.js'
import type {
  MessageTemplate,
  RouteEndKind,
  RouteSettings,
  RouteSinkSettings,
  RouteSourceSettings,
} from '../../core/settings/route.js'
import { withoutUserInfo } from '../../core/user-info.js'
import type { IntegrationConfig, ServerConfig } from '../gateway-config.js'
import { didYouMean } from '../hcl/diagnostics.js'
import { describeNode, type Node, nodeAt } from '../node.js'
import { quoteAll } from '../reading/expectation.js'
import { type Named, Section } from '../reading/section.js'
import { type Route, route } from '../schema/route.js'

const KINDS = ['topic', 'queue', 'method'] as const satisfies readonly RouteEndKind[]
/** What an end needs its protocol to do. */
const NEEDED = {
  from: { topic: 'subscribe', queue: 'dequeue', method: 'serve' },
  to: { topic: 'publish', queue: 'enqueue', method: 'call' },
} as const satisfies Readonly<Record<string, Readonly<Record<RouteEndKind, Capability>>>>
const WORDS: Readonly<Partial<Record<Capability, string>>> = {
  subscribe: 'topics to subscribe to',
  publish: 'topics to publish to',
  enqueue: 'queues',
  dequeue: 'queues',
  call: 'methods to call',
  serve: 'methods to serve',
}

/** The blocks that a route may name. */
export interface RouteEnds {
  readonly integrations: readonly IntegrationConfig[]
  readonly servers: readonly ServerConfig[]
  /** Names of all blocks, also of faulty ones. */
  readonly declared: { readonly integration: ReadonlySet<string>; readonly server: ReadonlySet<string> }
}

/** Reads a `route` block; returns `undefined` if an end of it is wrong or cannot be used. */
export function readRoute(block: Named, ends: RouteEnds): RouteSettings | undefined {
  const section = new Section(route, block)
  const { values } = section
  const [fromNode, toNode] = [section.node('from'), section.node('to')]
  if (values.from === undefined || values.to === undefined || fromNode === undefined || toNode === undefined)
    return undefined
  const reader = new EndReader(section, ends)
  const from = reader.source(fromNode, values.from)
  const to = reader.sink(toNode, values.to)
  const letterNode = section.node('dead_letter')
  const letter = letterNode && values.dead_letter && reader.sink(letterNode, values.dead_letter)
  checkFolders(section)
  checkHeld(section)
  if (values.batch !== undefined && values.to.method === undefined)
    section.fault(section.node('batch')!.nameSpan, {
      message: '"batch" is for a sink with "method"',
      hint: 'messages of topics and queues are sent without waiting for each other',
    })
  if (from === undefined || to === undefined || (letterNode !== undefined && letter === undefined))
    return undefined
  return settingsOf(block.name, values, from, to, letter)
}

interface Source extends RouteSourceSettings {
  readonly wire: string
}
interface Sink extends Omit<RouteSinkSettings, 'maxAttempts'> {
  readonly wire: string
}

function settingsOf(
  name: string,
  values: Route,
  { wire: read, ...from }: Source,
  { wire: written, ...to }: Sink,
  letter: Sink | undefined,
): RouteSettings {
  const { batch, idempotency, buffer } = values
  const { transform: transforms = [], key, max_attempts: maxAttempts } = values
  const concurrency = values.concurrency ?? (to.kind === 'method' ? (batch?.messages ?? 1) : undefined)
  const isRead = [to.target, key, idempotency?.key].some(readsPayload)
  const { wire: _, ...dead } = letter ?? { wire: '' }
  return {
    name,
    from,
    to: {
      ...to,
      maxAttempts,
      ...(concurrency !== undefined && { concurrency }),
      ...(batch !== undefined && {
        batch: { messages: batch.messages, bytes: batch.bytes, withinMs: batch.within as number },
      }),
    },
    transforms,
    passesBytes:
      transforms.length === 0 &&
      !isRead &&
      from.kind !== 'method' &&
      to.kind !== 'method' &&
      (read === written || read === 'binary' || written === 'binary'),
    window: values.window,
    windowBytes: values.window_bytes,
    overflow: values.overflow,
    maxHops: values.max_hops,
    ...(key !== undefined && { key }),
    ...(letter !== undefined && { deadLetter: { ...(dead as Omit<Sink, 'wire'>), maxAttempts } }),
    ...(idempotency !== undefined && {
      idempotency: {
        key: idempotency.key,
        windowMs: idempotency.window as number,
        limit: idempotency.limit,
        ...(idempotency.store === 'disk' && { folder: idempotency.path! }),
      },
    }),
    ...(buffer !== undefined && {
      buffer: {
        maxBytes: buffer.max_bytes,
        whenFull: buffer.when_full,
        ...(buffer.type === 'disk' && { folder: buffer.path! }),
        ...(buffer.max_age !== undefined && { maxAgeMs: buffer.max_age as number }),
        ...(buffer.drain !== undefined && { drainRate: buffer.drain.rate }),
      },
    }),
  }
}

/** Reports a store on disk without its folder, and a folder that is not used. */
function checkFolders(section: Section<typeof route>): void {
  const { idempotency, buffer } = section.values
  const parts = [
    { name: 'idempotency', attribute: 'store', kind: idempotency?.store, path: idempotency?.path },
    { name: 'buffer', attribute: 'type', kind: buffer?.type, path: buffer?.path },
  ]
  for (const { name, attribute, kind, path } of parts) {
    const node = section.node(name)
    if (node === undefined || kind === undefined) continue
    if (kind === 'disk' && path === undefined)
      section.fault(node.span, {
        message: `the block "${name}" needs "path" with ${attribute} = "disk"`,
        hint: 'path = "./data/NAME"',
      })
    if (kind === 'memory' && path !== undefined)
      section.fault(nodeAt(node, ['path'])!.nameSpan, { message: `"path" is for ${attribute} = "disk"` })
  }
}

/** Reports parts that would hold messages for longer than their source can wait. */
function checkHeld(section: Section<typeof route>): void {
  const { from, buffer, transform = [], window } = section.values
  if (buffer !== undefined && from?.method !== undefined)
    section.fault(section.node('buffer')!.nameSpan, {
      message: 'a route from a "method" has no "buffer"',
      hint: 'its caller waits until the sink has accepted the request',
    })
  const large = transform.find(
    (each) => each.type === 'window' && 'messages' in each.size && each.size.messages > window,
  )
  if (large !== undefined && from?.queue !== undefined)
    section.fault(section.node('transform')!.nameSpan, {
      message: `a transform "window" needs more messages than "window" (${window}) of the route`,
      hint: 'a queue delivers no more messages until earlier ones are settled; raise "window"',
    })
}

interface EndValues {
  readonly integration?: string | undefined
  readonly server?: string | undefined
  readonly topic?: string | MessageTemplate | undefined
  readonly queue?: string | MessageTemplate | undefined
  readonly method?: string | MessageTemplate | undefined
  readonly qos?: 0 | 1 | 2 | undefined
  readonly retain?: boolean | undefined
  readonly format?: string | undefined
}

/** What an end has in common whatever it is. */
interface CheckedEnd {
  readonly integration: string
  readonly kind: RouteEndKind
  /** The wire format of payloads between actor and adapter. */
  readonly wire: string
  readonly qos?: 0 | 1 | 2
  readonly format?: string
}

/** Reads the ends of one route, and checks their names and what their protocols can do. */
class EndReader {
  readonly #section: Section<typeof route>
  readonly #ends: RouteEnds

  constructor(section: Section<typeof route>, ends: RouteEnds) {
    this.#section = section
    this.#ends = ends
  }

  source(node: Node, values: EndValues): Source | undefined {
    const end = this.#end('from', node, values)
    return end && { ...end, target: values[end.kind] as string }
  }

  sink(node: Node, values: EndValues): Sink | undefined {
    const end = this.#end('to', node, values)
    if (end === undefined) return undefined
    const { retain } = values
    if (retain !== undefined && end.kind !== 'topic')
      this.#section.fault(nodeAt(node, ['retain'])!.nameSpan, { message: '"retain" is for a "topic"' })
    return {
      ...end,
      target: values[end.kind] as MessageTemplate,
      ...(retain !== undefined && { retain }),
    }
  }

  #end(side: 'from' | 'to', node: Node, values: EndValues): CheckedEnd | undefined {
    const kind = this.#kind(node, values)
    const found = this.#named(side, node, values)
    if (kind === undefined || found === undefined) return undefined
    const { settings, formats, capabilities, called } = found
    const needed = NEEDED[side][kind]
    if (!capabilities.includes(needed)) {
      this.#section.fault(nodeAt(node, [kind])!.nameSpan, {
        message: `${called} has no ${WORDS[needed]}`,
        ...this.#alternatives(side, capabilities),
      })
      return undefined
    }
    if (values.qos !== undefined && kind !== 'topic')
      this.#section.fault(nodeAt(node, ['qos'])!.nameSpan, { message: '"qos" is for a "topic"' })
    const { format } = values
    if (format !== undefined && !formats.includes(format)) {
      const at = nodeAt(node, ['format'])!
      this.#section.fault(at.span, {
        message: `wrong value for "format"`,
        expected: `a format of ${called}: ${quoteAll(formats)}`,
        found: describeNode(at),
      })
      return undefined
    }
    return {
      integration: settings.name,
      kind,
      wire: format ?? settings.payloadFormat ?? settings.format,
      ...(values.qos !== undefined && { qos: values.qos }),
      ...(format !== undefined && { format }),
    }
  }

  /** Which of topic, queue and method is set. */
  #kind(node: Node, values: EndValues): RouteEndKind | undefined {
    const set = KINDS.filter((kind) => nodeAt(node, [kind]) !== undefined)
    const [first, second] = set
    if (first === undefined)
      this.#section.fault(node.span, {
        message: 'a route needs to know what to move',
        expected: 'one of "topic", "queue" and "method"',
      })
    if (second !== undefined)
      this.#section.fault(nodeAt(node, [second])!.nameSpan, {
        message: `"${first}" is set already`,
        expected: 'one of "topic", "queue" and "method"',
      })
    return first !== undefined && second === undefined && values[first] !== undefined ? first : undefined
  }

  #named(side: 'from' | 'to', node: Node, { integration, server }: EndValues) {
    const [given, other] = [nodeAt(node, ['integration']), nodeAt(node, ['server'])]
    if (given !== undefined && other !== undefined) {
      this.#section.fault(other.nameSpan, { message: 'an end has either "integration" or "server"' })
      return undefined
    }
    if (given === undefined && other === undefined) {
      // For a sink the schema has reported it.
      if (side === 'from')
        this.#section.fault(node.span, { message: 'the block "from" needs "integration" or "server"' })
      return undefined
    }
    if (integration !== undefined) {
      const found = this.#ends.integrations.find(({ settings }) => settings.name === integration)
      if (found === undefined) return this.#unknown('integration', given!, integration)
      const { settings, manifest } = found
      const { capabilities, name } = manifest.variant?.(settings) ?? {
        capabilities: manifest.capabilities,
        name: manifest.type,
      }
      return { settings, formats: manifest.formats, capabilities, called: name }
    }
    if (server === undefined) return undefined
    const found = this.#ends.servers.find(({ settings }) => settings.name === server)
    if (found === undefined) return this.#unknown('server', other!, server)
    const { settings, manifest } = found
    const capabilities: readonly Capability[] = ['serve']
    return { settings, formats: manifest.formats, capabilities, called: `a server of ${manifest.type}` }
  }

  /** Reports a name that no block has. A block with a fault has been reported. */
  #unknown(kind: 'integration' | 'server', node: Node, name: string): undefined {
    const declared = this.#ends.declared[kind]
    if (declared.has(name)) return undefined
    const near = didYouMean(name, declared)
    this.#section.fault(node.span, {
      message: `there is no ${kind} "${node.secret ? '…' : withoutUserInfo(name)}"`,
      expected: declared.size === 0 ? `a block ${kind}` : `one of ${quoteAll([...declared])}`,
      ...(near !== undefined && { hint: `did you mean "${near}"?` }),
    })
    return undefined
  }

  #alternatives(side: 'from' | 'to', capabilities: readonly Capability[]) {
    const possible = KINDS.filter((kind) => capabilities.includes(NEEDED[side][kind]))
    return possible.length === 0 ? {} : { expected: `one of ${quoteAll(possible)}` }
  }
}
