import { BROKERS } from '../../brokers/catalogue.js'
import type { BrokerManifest } from '../../core/manifest.js'
import type { Value } from '../../core/value.js'
import { DEFAULT_HEARTBEAT_MS, DEFAULT_LIMITS, DEFAULT_SUPERVISION } from '../defaults.js'
import type { BrokerConfig } from '../gateway-config.js'
import { oneOf } from '../kinds.js'
import type { BrokerBlock } from '../options.js'
import type { Section } from '../section.js'
import { readMemory } from './capacity.js'
import { checkBySchema } from './schema-block.js'
import { readSupervision } from './supervision.js'

/** A `broker` block; undefined when its type is none. */
export function readBroker(
  name: string,
  section: Section<BrokerBlock>,
  groups: ReadonlySet<string>,
): BrokerConfig | undefined {
  const type = section.required('type', oneOf(BROKERS.map((each) => each.type)))
  const manifest = BROKERS.find((each) => each.type === type)
  if (manifest === undefined) return undefined
  const listen = readListen(section, manifest)
  const memory = readMemory(section.section('limits'))
  const { supervision, heartbeatMs } = readSupervision(section.section('supervision'), groups)
  section.done()
  return { name, listen, heartbeatMs, memory, supervision, manifest }
}

function readListen(
  section: Section<BrokerBlock>,
  manifest: BrokerManifest,
): { readonly [key: string]: Value } {
  const node = section.node('listen')
  if (manifest.listen !== undefined)
    return checkBySchema(
      manifest.listen,
      node,
      { span: section.span, title: 'the block "listen"' },
      section.diagnostics,
    )
  if (node !== undefined)
    section.fault(node.nameSpan, {
      message: `a broker of type ${manifest.type} has no "listen"`,
      hint: 'it is reached inside the process only',
    })
  return {}
}

/** The broker that an integration lives on when no block declares it. */
export function impliedBroker(name: string, manifest: BrokerManifest): BrokerConfig {
  return {
    name,
    listen: {},
    heartbeatMs: DEFAULT_HEARTBEAT_MS,
    memory: DEFAULT_LIMITS.memory,
    supervision: DEFAULT_SUPERVISION,
    manifest,
  }
}
