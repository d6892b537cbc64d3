import { create, fromBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type GrpcSchema,
  schemaByReflection,
  schemaFromDescriptorSet,
} from '../../../../src/adapters/grpc/schema/index.js'
import { ConfigError } from '../../../../src/core/errors/config.js'
import { ConnectionError } from '../../../../src/core/errors/connection.js'
import { SerializeError } from '../../../../src/core/errors/operation.js'
import { writtenFile } from '../../../../src/wire/protobuf/protobuf-schema.js'
import { protocSet } from './support.js'

let served: GrpcSchema
beforeAll(async () => {
  served = schemaFromDescriptorSet(await protocSet('shop'))
})

/** A reflection server that gives each file alone, the stingiest that the protocol allows. */
function server(asked: string[] = []) {
  return async (request: Uint8Array): Promise<Uint8Array> => {
    const reader = new BinaryReader(request)
    const [number] = reader.tag()
    const text = reader.string()
    asked.push(text)
    if (number === 7) return services([...served.services, 'grpc.reflection.v1.ServerReflection'])
    const found = number === 3 ? served.fileByName(text) : served.fileContainingSymbol(text)
    return found === undefined ? failure(5, `${text} not found`) : files(found.slice(0, 1))
  }
}

function files(descriptors: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter()
  // The valid_host and the request come first, as a real server echoes them.
  writer
    .tag(1, 2)
    .string('')
    .tag(2, 2)
    .bytes(new Uint8Array([58, 0]))
  writer.tag(4, 2).fork()
  for (const descriptor of descriptors) writer.tag(1, 2).bytes(descriptor)
  return writer.join().finish()
}

function services(names: readonly string[]): Uint8Array {
  const writer = new BinaryWriter().tag(6, 2).fork()
  for (const name of names) writer.tag(1, 2).fork().tag(1, 2).string(name).join()
  return writer.join().finish()
}

function failure(code: number, message: string): Uint8Array {
  return new BinaryWriter().tag(7, 2).fork().tag(1, 0).int32(code).tag(2, 2).string(message).join().finish()
}

function file(name: string, ...dependency: string[]): Uint8Array {
  return writtenFile(create(FileDescriptorProtoSchema, { name, dependency, service: [{ name: 'S' }] })).bytes
}

describe('a schema by server reflection', () => {
  test('is the one that the server has', async () => {
    const asked: string[] = []
    const schema = await schemaByReflection(server(asked))
    expect(schema.services).toEqual(served.services)
    const value = { id: 'x', cash: { currency: 'CHF', units: 5 } }
    expect(schema.method('Put').encodeRequest(value)).toEqual(served.method('Put').encodeRequest(value))
    expect(
      Buffer.from(schema.fileByName('shop.proto')![0]!).equals(served.fileByName('shop.proto')![0]!),
    ).toBe(true)
    // The services, the file of the first (the second is in it), and what it imports; well-known files are known.
    expect(asked).toEqual(['*', 'acme.shop.Orders', 'money.proto', 'currency.proto'])
  })

  test('fails with what the server says', async () => {
    const exchange = async () => failure(7, 'not for you')
    await expect(schemaByReflection(exchange)).rejects.toThrow(
      'server reflection: the services: not for you (status 7)',
    )
  })

  test('fails with what the exchange throws', async () => {
    const lost = new ConnectionError('lost')
    await expect(schemaByReflection(() => Promise.reject(lost))).rejects.toBe(lost)
  })

  test('never asks without end', async () => {
    let n = 0
    const exchange = async (request: Uint8Array) =>
      request[0] === 0x3a ? services(['S']) : files([file(`${n++}.proto`, `${n}.proto`)])
    await expect(schemaByReflection(exchange, { maxFiles: 20 })).rejects.toThrow('the limit of 20 files')
    expect(n).toBe(21)
    await expect(schemaByReflection(exchange, { maxBytes: 1000 })).rejects.toThrow('files or 1000 bytes')
  })

  test.each([
    [
      'another file than was asked for',
      () => files([file('other.proto', 'asked.proto')]),
      'the server did not send asked.proto',
    ],
    [
      'a file that imports itself',
      () => files([file('self.proto', 'self.proto')]),
      'self.proto imports itself',
    ],
    ['services for a file', () => services(['S']), 'S: expected files, found another kind of answer'],
    ['nothing', () => new Uint8Array(0), 'the answer is empty'],
    ['no message', () => new Uint8Array([255]), 'the answer is not valid'],
    ['no descriptor', () => files([new Uint8Array([255])]), 'the descriptor of a file is not valid'],
  ])('refuses %s', async (_, answer, expected) => {
    const exchange = async (request: Uint8Array) => (request[0] === 0x3a ? services(['S']) : answer())
    const outcome = schemaByReflection(exchange)
    await expect(outcome).rejects.toBeInstanceOf(SerializeError)
    await expect(outcome).rejects.toThrow(expected)
  })

  test('survives descriptors with bytes changed anywhere', async () => {
    const all = served.fileByName('shop.proto')!
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(all[0]!.length - 1), fc.nat(255), async (pick, at, byte) => {
        const changed = all.map((bytes) => Uint8Array.from(bytes))
        const target = changed[pick % changed.length]!
        target[at % target.length] = byte
        const exchange = async (request: Uint8Array) =>
          request[0] === 0x3a ? services(['acme.shop.Orders']) : files(changed)
        try {
          const schema = await schemaByReflection(exchange, { maxFiles: 50 })
          for (const service of schema.services) expect(service).not.toBe('')
        } catch (error) {
          expect(error).toBeInstanceOf(SerializeError)
        }
      }),
      { numRuns: 150 },
    )
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(ConfigError.prototype).not.toHaveProperty('polluted')
    expect(fromBinary(FileDescriptorProtoSchema, all[0]!).name).toBe('shop.proto')
  })
})
