import { resolve } from 'node:path'
import type { AdapterManifest } from '../../core/manifest.js'
import type { ProtobufSettings } from '../../core/settings.js'
import { oneOrMore, text } from '../kinds.js'
import type { IntegrationBlock, ProtobufBlock } from '../options.js'
import type { Section } from '../section.js'
import { folderOf } from '../spans.js'
import { readFilePath } from './file-path.js'

const EXAMPLE = 'protobuf { proto = "orders.proto" message = "shop.Order" }'

/**
 * The `protobuf` block of an integration, which is there when payloads may be protobuf messages.
 * @param format the integration's own
 */
export function readProtobuf(
  integration: Section<IntegrationBlock>,
  manifest: AdapterManifest,
  format: string,
): ProtobufSettings | undefined {
  const section = integration.section('protobuf')
  // A protocol that is protobuf itself has its schema in its config.
  const isPayload = manifest.formats.includes('protobuf') && manifest.payloadFormats === undefined
  if (section === undefined) {
    if (isPayload && format === 'protobuf' && integration.node('protobuf') === undefined)
      integration.fault(integration.node('format')!.nameSpan, {
        message: 'the format "protobuf" needs a block "protobuf" that says which messages payloads are',
        hint: EXAMPLE,
      })
    return undefined
  }
  if (!isPayload)
    integration.fault(integration.node('protobuf')!.nameSpan, {
      message: `payloads of ${manifest.type} cannot be protobuf messages`,
    })
  return readBlock(section)
}

function readBlock(section: Section<ProtobufBlock>): ProtobufSettings | undefined {
  const proto = readPaths(section, 'proto')
  const include = readPaths(section, 'include')
  const descriptorSet = readFilePath(section, 'descriptor_set')
  const message = section.required('message', text)
  const sources = ['proto', 'descriptor_set'].filter((name) => section.node(name as 'proto') !== undefined)
  if (sources.length !== 1)
    section.fault(section.span, {
      message: 'the messages are declared either by "proto" or by "descriptor_set"',
      hint: EXAMPLE,
    })
  section.done()
  return message === undefined
    ? undefined
    : { proto, include, message, ...(descriptorSet !== undefined && { descriptorSet }) }
}

function readPaths(section: Section<ProtobufBlock>, name: 'proto' | 'include'): readonly string[] {
  const given = section.value(name, oneOrMore(text)) ?? []
  const node = section.node(name)
  return node === undefined ? [] : given.map((path) => resolve(folderOf(node.span), path))
}
