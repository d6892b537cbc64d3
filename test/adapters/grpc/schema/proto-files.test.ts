import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemaFromProto } from '../../../../src/adapters/grpc/schema/index.js'
import { ConfigError } from '../../../../src/core/errors/config.js'
import { PROTOS, protocSet } from './support.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'protos-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function faultOf(files: Readonly<Record<string, string>>): Promise<ConfigError> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return schemaFromProto([join(folder, 'main.proto')], []).then(
    () => expect.fail('it was accepted'),
    (error) => {
      expect(error).toBeInstanceOf(ConfigError)
      return error as ConfigError
    },
  )
}

/** A descriptor as data, without the options for the generators of other languages and without empty ones. */
function plain(file: FileDescriptorProto): JsonObject {
  const { options: _, ...json } = toJson(FileDescriptorProtoSchema, file) as JsonObject
  return JSON.parse(JSON.stringify(json).replaceAll(/"options":{},?/g, '')) as JsonObject
}

describe('descriptors made of .proto files', () => {
  test.each(['shop', 'legacy', 'money', 'currency'])('%s.proto is what protoc makes of it', async (name) => {
    const set = fromBinary(FileDescriptorSetSchema, await protocSet(name === 'legacy' ? 'legacy' : 'shop'))
    const expected = set.file.find((file) => file.name === `${name}.proto`)!
    const schema = await schemaFromProto([join(PROTOS, `${name}.proto`)], [])
    const made = fromBinary(FileDescriptorProtoSchema, schema.fileByName(`${name}.proto`)![0]!)
    expect(plain(made)).toEqual(plain(expected))
  })

  test('an import is found in the folders given, and a file has the name that it has there', async () => {
    const schema = await schemaFromProto([join(PROTOS, 'shop.proto')], [PROTOS])
    expect(schema.services).toEqual(['acme.shop.Orders', 'acme.shop.Returns'])
    expect(schema.fileByName('money.proto')).toHaveLength(2)
  })
})

describe('a fault in a .proto file is reported with its place', () => {
  test('a syntax error', async () => {
    const fault = await faultOf({ 'main.proto': 'syntax = "proto3";\n\nmessage A {\n  int32 = 1;\n}\n' })
    expect(fault.message).toContain(`${join(folder, 'main.proto')}:4: `)
    expect(fault.diagnostics).toMatchObject([
      { file: join(folder, 'main.proto'), line: 4, source: '  int32 = 1;' },
    ])
  })

  test('a syntax error in an import', async () => {
    const fault = await faultOf({
      'main.proto': 'syntax = "proto3";\nimport "other.proto";\n',
      'other.proto': 'syntax = "proto3";\nmessage {\n}\n',
    })
    expect(fault.message).toContain(`${join(folder, 'other.proto')}:2: `)
  })

  test('a type that is not declared, with the one that was meant', async () => {
    const fault = await faultOf({
      'main.proto': 'syntax = "proto3";\npackage a;\nmessage Price {}\nmessage B {\n  Prize price = 1;\n}\n',
    })
    expect(fault.message).toBe(
      `${join(folder, 'main.proto')}:5: the type Prize is not declared; did you mean Price?`,
    )
  })

  test('a type of a map and of a method', async () => {
    const map = await faultOf({
      'main.proto': 'syntax = "proto3";\nmessage B {\n  map<string, Gone> all = 1;\n}\n',
    })
    expect(map.message).toContain('main.proto:3: the type Gone is not declared')
    const method = await faultOf({
      'main.proto': 'syntax = "proto3";\nmessage A {}\nservice S {\n  rpc Get(A)\n    returns (Gone);\n}\n',
    })
    expect(method.message).toContain('main.proto:4: the type Gone is not declared')
  })

  test('a type of a file that is not imported, or only by an import of an import', async () => {
    const fault = await faultOf({
      'main.proto': 'syntax = "proto3";\nimport "middle.proto";\nmessage A {\n  far.Far far = 1;\n}\n',
      'middle.proto': 'syntax = "proto3";\nimport "far.proto";\nmessage Middle { far.Far far = 1; }\n',
      'far.proto': 'syntax = "proto3";\npackage far;\nmessage Far {}\n',
    })
    expect(fault.message).toContain(
      'main.proto:4: the type far.Far is declared in far.proto, which is not imported',
    )
  })

  test('an enum where a message has to be', async () => {
    const fault = await faultOf({
      'main.proto': 'syntax = "proto3";\nenum E { X = 0; }\nservice S {\n  rpc Get(E) returns (E);\n}\n',
    })
    expect(fault.message).toContain('main.proto:4: E is an enum, expected a message')
  })

  test('an import that is not there', async () => {
    const fault = await faultOf({ 'main.proto': 'syntax = "proto3";\nimport "gone/gone.proto";\n' })
    expect(fault.message).toContain(`main.proto:2: the import "gone/gone.proto" is not found in ${folder}`)
  })

  test('an import out of the folders', async () => {
    const fault = await faultOf({ 'main.proto': 'syntax = "proto3";\nimport "../../etc/hostname";\n' })
    expect(fault.message).toContain('the import "../../etc/hostname" is not found')
  })

  test('a file that is not there', async () => {
    await expect(schemaFromProto([join(folder, 'none.proto')], [])).rejects.toThrow(
      /none\.proto: the file cannot be read \(ENOENT\)/,
    )
  })

  test('files that import each other', async () => {
    const files = {
      'main.proto': 'syntax = "proto3";\nimport "other.proto";\n',
      'other.proto': 'syntax = "proto3";\nimport "main.proto";\n',
    }
    expect((await faultOf(files)).message).toMatch(/(main|other)\.proto imports itself, by way of/)
  })
})
