import { BROKERS } from '../../brokers/catalogue.js'
import type { BrokerManifest } from '../../core/manifest.js'
import type { BrokerConfig } from '../gateway-config.js'
import { type Named, Section } from '../reading/section.js'
import { brokerOf } from '../schema/broker.js'
import { checkGroup } from './group.js'
import { readConfig } from './protocol-config.js'

const broker = brokerOf(BROKERS.map(({ type }) => type))

/** Reads a `broker` block; returns `undefined` if its type is unknown. */
export function readBroker(block: Named, groups: ReadonlySet<string>): BrokerConfig | undefined {
  const section = new Section(broker, block)
  const manifest = BROKERS.find((each) => each.type === section.values.type)
  if (manifest === undefined) return undefined
  const { listen: schema } = manifest
  const node = section.node('listen')
  if (schema === undefined && node !== undefined)
    section.fault(node.nameSpan, {
      message: `a broker of type ${manifest.type} has no "listen"`,
      hint: 'it can only be reached inside the process',
    })
  const listen = schema === undefined ? {} : readConfig(section, schema, 'the block "listen"', 'listen')
  const { limits, supervision } = section.values
  checkGroup(section, supervision, groups)
  return { name: block.name, listen, ...limits, ...supervision, manifest }
}

/** Makes the configuration of an embedded broker that no block declares. */
export function impliedBroker(name: string, manifest: BrokerManifest): BrokerConfig {
  const { limits, supervision } = broker.parse({ type: manifest.type })
  return { name, listen: {}, ...limits, ...supervision, manifest }
}
