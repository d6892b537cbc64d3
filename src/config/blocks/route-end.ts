import type { Capability } from '../../core/capability.js'
import type {
  MessageTemplate,
  RouteEndKind,
  RouteSinkSettings,
  RouteSourceSettings,
} from '../../core/settings/route.js'
import { withoutUserInfo } from '../../core/user-info.js'
import type { IntegrationConfig, ServerConfig } from '../gateway-config.js'
import { didYouMean } from '../hcl/diagnostics.js'
import type { Names } from '../names.js'
import { describeNode, type Node, nodeAt } from '../node.js'
import { quoteAll } from '../reading/expectation.js'
import type { Section } from '../reading/section.js'
import type { route } from '../schema/route.js'
import type { Folders } from './route-folders.js'
import type { ScriptContext } from './script.js'
import { wildcardFinding } from './wildcards.js'

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
  readonly names: Names
  readonly scripts: ScriptContext
  /** The folders of the routes that were read before. */
  readonly folders: Folders
  /** Names of all blocks, also of faulty ones. */
  readonly declared: { readonly integration: ReadonlySet<string>; readonly server: ReadonlySet<string> }
}

/** The end that messages come from, with the wire format of their payloads. */
export interface Source extends RouteSourceSettings {
  readonly wire: string
}

/** The end that messages go to, with the wire format of their payloads. */
export interface Sink extends Omit<RouteSinkSettings, 'maxAttempts'> {
  readonly wire: string
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
export class EndReader {
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
    const { retain, integration } = values
    const named = this.#ends.integrations.find(({ settings }) => settings.name === integration)
    if (retain !== undefined && end.kind !== 'topic')
      this.#section.fault(nodeAt(node, ['retain'])!.nameSpan, { message: '"retain" is for a "topic"' })
    return {
      ...end,
      target: values[end.kind] as MessageTemplate,
      ...(named?.manifest.recognizesMessages && { recognizesMessages: true }),
      ...(retain !== undefined && { retain }),
    }
  }

  #end(side: 'from' | 'to', node: Node, values: EndValues): CheckedEnd | undefined {
    const kind = this.#kind(node, values)
    const found = this.#named(side, node, values)
    if (kind === undefined || found === undefined) return undefined
    const { settings, formats, capabilities, called, type } = found
    const needed = NEEDED[side][kind]
    if (!capabilities.includes(needed)) {
      this.#section.fault(nodeAt(node, [kind])!.nameSpan, {
        message: `${called} has no ${WORDS[needed]}`,
        ...this.#alternatives(side, capabilities),
      })
      return undefined
    }
    const target = nodeAt(node, [kind])
    const isPublished = side === 'to' && kind === 'topic' && values.topic !== undefined
    const wildcard = isPublished ? wildcardFinding(values.topic!, type) : undefined
    if (wildcard !== undefined) this.#section.fault((target ?? node).span, wildcard)
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
      return { settings, formats: manifest.formats, capabilities, called: name, type: manifest.type }
    }
    if (server === undefined) return undefined
    const found = this.#ends.servers.find(({ settings }) => settings.name === server)
    if (found === undefined) return this.#unknown('server', other!, server)
    const { settings, manifest } = found
    const capabilities: readonly Capability[] = ['serve']
    const { formats, type } = manifest
    return { settings, formats, capabilities, called: `a server of ${type}`, type }
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
