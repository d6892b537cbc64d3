import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PlanFailure } from '../../src/cli/plan/failure.js'
import { askGateway } from '../../src/cli/plan/session-client.js'
import { StepClock } from '../support/step-clock.js'
import { waitFor } from '../support/wait-for.js'

/*
 * What listens at a path may be anything: each answer of it ends a request with the result or with one sentence.
 */

let folder: string
let path: string
let server: Server | undefined
const clock = new StepClock()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-session-client-'))
  path = join(folder, 'socket')
})
afterEach(async () => {
  await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)))
  rmSync(folder, { recursive: true })
})

type Request = { readonly id: string; readonly method: string }

/** Listens as something that handles each request of a client. */
function listen(handle: (request: Request, socket: Socket) => void): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').slice(0, -1)) handle(JSON.parse(line) as Request, socket)
    })
  })
  return new Promise((resolve) => server!.listen(path, resolve))
}

const write = (socket: Socket, message: unknown) => socket.write(`${JSON.stringify(message)}\n`)

async function failureOf(method: 'plan' | 'reload'): Promise<string> {
  const error = await askGateway(path, method, {}, clock).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(PlanFailure)
  return (error as PlanFailure).message
}

test.each<[string, unknown]>([
  ['null', null],
  ['a number', 3],
  ['a list', []],
  ['an error without a message', { id: 'initialize', error: {} }],
  ['an error that is null', { id: 'initialize', error: null }],
])('%s is not a message of a gateway', async (_, message) => {
  await listen((_request, socket) => write(socket, message))
  expect(await failureOf('plan')).toContain(`the process at ${path} is not a gateway`)
})

const block = { kind: 'data', name: 'd', action: 'in place', attributes: [] }
const fingerprints = { running: 'a', next: 'b' }

test.each<[string, unknown]>([
  ['null', null],
  ['no members', {}],
  ['blocks that are a number', { blocks: 7, fingerprints, diagnostics: [] }],
  ['a block that is null', { blocks: [null], fingerprints, diagnostics: [] }],
  [
    'a block without attributes',
    { blocks: [{ ...block, attributes: undefined }], fingerprints, diagnostics: [] },
  ],
  ['an unknown action', { blocks: [{ ...block, action: 'explode' }], fingerprints, diagnostics: [] }],
  [
    'an attribute without a place',
    { blocks: [{ ...block, attributes: [{ path: 'p' }] }], fingerprints, diagnostics: [] },
  ],
  ['a price of text', { blocks: [{ ...block, price: 'much' }], fingerprints, diagnostics: [] }],
  ['a diagnostic that is null', { blocks: [block], fingerprints, diagnostics: [null] }],
])('a result with %s is not that of a gateway', async (_, result) => {
  await listen(({ id }, socket) => write(socket, { id, result: id === 'initialize' ? {} : result }))
  expect(await failureOf('plan')).toBe(`the answer of ${path} to "plan" is not that of a gateway`)
})

test('an error has its faults, without those that are none', async () => {
  const fault = { severity: 'error', file: 'a.hcl', line: 1, column: 2, message: 'wrong' }
  const diagnostics = [fault, null, { ...fault, column: -1 }, { ...fault, column: 1e12 }]
  await listen(({ id }, socket) =>
    write(
      socket,
      id === 'initialize' ? { id, result: {} } : { id, error: { message: 'no', data: { diagnostics } } },
    ),
  )
  await expect(askGateway(path, 'plan', {}, clock)).rejects.toMatchObject({
    message: 'no',
    diagnostics: [fault],
  })
})

test('a process that says nothing is given up', async () => {
  let requests = 0
  await listen(() => {
    requests++
  })
  const failed = failureOf('plan')
  await waitFor(() => requests === 1, { what: 'the request' })
  await clock.advance(15_000)
  expect(await failed).toContain(`the process at ${path} has not answered for 15 s`)
})

test('a reload may take any time while the gateway gives signs of life', async () => {
  const methods: string[] = []
  let finish = () => {}
  await listen(({ id, method }, socket) => {
    methods.push(method)
    if (method === 'reload') finish = () => write(socket, { id, result: { blocks: [block] } })
    // A notification, and an answer that is an error, are signs of life too.
    else if (method === 'status') write(socket, { id, error: { message: 'shutting down' } })
    else write(socket, { id, result: {} })
  })
  const reloaded = askGateway(path, 'reload', {}, clock)
  await waitFor(() => methods.includes('reload'), { what: 'the request' })
  for (let look = 1; look <= 20; look++) {
    await clock.advance(5_000)
    await waitFor(() => methods.filter((method) => method === 'status').length === look, {
      what: `look ${look}`,
    })
  }
  finish()
  expect(await reloaded).toEqual({ blocks: [block] })
})

test('a gateway that ends is one sentence', async () => {
  await listen((_, socket) => socket.destroy())
  expect(await failureOf('reload')).toBe(`the gateway at ${path} ended before it answered`)
})
