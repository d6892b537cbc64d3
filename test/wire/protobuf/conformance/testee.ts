/**
 * The program that the conformance runner tests: it answers requests on standard input with what our codec makes of
 * them. Its one argument is the folder of the .proto files.
 */
import { readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Value } from '../../../../src/core/value.js'
import { MessageCodecs } from '../../../../src/wire/protobuf/message-codec.js'
import { loadProtoFiles } from '../../../../src/wire/protobuf/proto/load.js'
import { protobufSchema, writtenFile } from '../../../../src/wire/protobuf/protobuf-schema.js'

const folder = process.argv[2]!
const files = [
  'conformance/conformance.proto',
  'google/protobuf/test_messages_proto2.proto',
  'google/protobuf/test_messages_proto3.proto',
  'google/protobuf/test_messages_edition2023.proto',
  'google/protobuf/test_messages_proto2_editions.proto',
  'google/protobuf/test_messages_proto3_editions.proto',
]
const descriptors = await loadProtoFiles(
  files.map((file) => join(folder, file)),
  [folder],
)
const { registry } = protobufSchema(descriptors.map(writtenFile))
const codecs = new MessageCodecs(registry, { maxDepth: 100 })
const codecOf = (typeName: string) => codecs.of(registry.getMessage(typeName)!)
const request = codecOf('conformance.ConformanceRequest')
const response = codecOf('conformance.ConformanceResponse')

interface Request {
  readonly protobufPayload?: Uint8Array
  readonly jsonPayload?: string
  readonly messageType: string
  readonly requestedOutputFormat: string
  readonly testCategory: string
}

function answer(asked: Request): Value {
  if (asked.testCategory === 'JSON_IGNORE_UNKNOWN_PARSING_TEST')
    return { skipped: 'values are checked strictly' }
  const { requestedOutputFormat: wanted } = asked
  if (wanted !== 'PROTOBUF' && wanted !== 'JSON') return { skipped: 'only binary and JSON' }
  if (asked.protobufPayload === undefined && asked.jsonPayload === undefined)
    return { skipped: 'only binary and JSON' }
  const codec = codecOf(asked.messageType)
  let bytes: Uint8Array
  let value: Value
  try {
    bytes = asked.protobufPayload ?? codec.encode(JSON.parse(asked.jsonPayload!) as Value)
    value = codec.decode(bytes)
  } catch (error) {
    // We make JSON's values of well-known types while we read: what JSON cannot say is not wrong as a message.
    const reason = (error as Error).message
    return /expected a (timestamp|duration|field mask)/.test(reason) && asked.protobufPayload !== undefined
      ? { serializeError: reason }
      : { parseError: reason }
  }
  try {
    return wanted === 'JSON'
      ? { jsonPayload: JSON.stringify(asJson(value)) }
      : { protobufPayload: codec.encode(value) }
  } catch (error) {
    return { serializeError: (error as Error).message }
  }
}

/** What values have beyond JSON, as JSON writes it. */
function asJson(value: Value): unknown {
  if (typeof value === 'number')
    return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : value) : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(asJson)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asJson(member)]))
}

/** Reads so many bytes; `undefined` when there are no more. */
function read(size: number): Buffer | undefined {
  const buffer = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const count = readSync(0, buffer, at, size - at, null)
    if (count === 0) return undefined
    at += count
  }
  return buffer
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
}

for (let head = read(4); head !== undefined; head = read(4)) {
  const asked = request.decode(read(head.readUInt32LE())!) as unknown as Request
  const answered = response.encode(
    answer({ ...asked, requestedOutputFormat: asked.requestedOutputFormat ?? '' }),
  )
  const size = Buffer.alloc(4)
  size.writeUInt32LE(answered.length)
  write(size)
  write(answered)
}
