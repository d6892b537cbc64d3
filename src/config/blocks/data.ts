import type { Capability } from '../../core/capability.js'
import type { DataSettings } from '../../core/settings/data.js'
import type { TransformSettings } from '../../core/settings/transform.js'
import { type Named, Section } from '../reading/section.js'
import { type DataType, dataOf, dataType } from '../schema/data.js'
import { toSettings } from '../schema/settings.js'
import type { FlowContext } from './flow-context.js'
import { checkJoins } from './joins.js'
import { warnOfSlowQueries } from './slow-queries.js'
import { checkTransformScripts } from './transform-scripts.js'

const NEEDS: Readonly<Record<DataType, Capability>> = {
  rpc: 'call',
  subscription: 'subscribe',
  queue: 'dequeue',
}

/** Reads a `data` block; returns `undefined` if its type is unknown or a required attribute is missing. */
export function readData(block: Named, context: FlowContext): DataSettings | undefined {
  const { type } = new Section(dataType, block).values
  if (type === undefined) return undefined
  const section = new Section(dataOf(type), block)
  const { integration, format, transform: given } = section.values as Values
  context.checkIntegration(integration, section.node('integration'), NEEDS[type])
  context.checkFormat(integration, format, section.node('format'))
  warnOfSlowQueries(section, section.node('transform'), given ?? [])
  checkJoins(section, given ?? [], context.names, block.name)
  checkTransformScripts(section, given ?? [], context.scripts)
  checkLetters(section)
  const { update, limit, transform, ...rest } = toSettings(section.schema, section.values) as unknown as Flat
  return {
    ...rest,
    name: block.name,
    update: update === 'append' ? { kind: update, limit } : { kind: update },
    transforms: transform ?? [],
  } as unknown as DataSettings
}

/** The attributes that need a check. After an error they are `undefined`. */
interface Values {
  readonly integration?: string
  readonly format?: string
  readonly transform?: readonly TransformSettings[]
  readonly queue?: string
  readonly dead_letter?: string
}

/** The settings as the schema names them. */
interface Flat {
  readonly update: DataSettings['update']['kind']
  readonly limit: number
  readonly transform?: readonly TransformSettings[]
}

/** Reports a queue that is its own queue for dead letters. */
function checkLetters(section: Section<ReturnType<typeof dataOf>>): void {
  const { queue, dead_letter: letters } = section.values as Values
  const node = section.node('dead_letter')
  if (node === undefined || letters === undefined || letters !== queue) return
  section.fault(node.span, {
    message: `the dead letters of the queue "${queue}" would be delivered again`,
    expected: 'another queue',
  })
}
