import { expect, test } from 'vitest'
import { CAPABILITIES } from '../../src/core/capability.js'
import { methodTable } from '../../src/embed/methods/index.js'
import { openRpcDocument } from '../../src/embed/openrpc.js'

interface Content {
  readonly name: string
  readonly required: boolean
  readonly schema: object
}

interface Document {
  readonly openrpc: string
  readonly methods: readonly {
    readonly name: string
    readonly summary: string
    readonly params: readonly Content[]
    readonly result: { readonly schema: object }
    readonly errors: readonly { readonly $ref: string }[]
  }[]
  readonly components: { readonly errors: Readonly<Record<string, { readonly code: number }>> }
}

const document = openRpcDocument(methodTable('1.2.3')) as Document

test('the document has every method, with sentences', () => {
  expect(document.openrpc).toMatch(/^1\.3\./)
  expect(document.methods.map(({ name }) => name)).toEqual(Object.keys(methodTable('')))
  expect(document.methods.filter(({ summary }) => !summary.endsWith('.'))).toEqual([])
})

test('required parameters come first, as OpenRPC demands', () => {
  for (const { name, params } of document.methods) {
    const firstOptional = params.findIndex(({ required }) => !required)
    const rest = firstOptional < 0 ? [] : params.slice(firstOptional)
    expect(
      rest.filter(({ required }) => required),
      name,
    ).toEqual([])
  }
})

test('references lead to errors, whose codes differ', () => {
  const { errors } = document.components
  const named = document.methods.flatMap((method) => method.errors.map(({ $ref }) => $ref.split('/').at(-1)!))
  expect(named.filter((name) => !(name in errors))).toEqual([])
  const codes = Object.values(errors).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
})

test('each operation of a protocol has a method', () => {
  const methods = { enqueue: 'send', dequeue: 'receive' } as Readonly<Record<string, string>>
  const names = document.methods.map(({ name }) => name)
  expect(
    CAPABILITIES.map((capability) => methods[capability] ?? capability).filter(
      (name) => !names.includes(name),
    ),
  ).toEqual([])
})
