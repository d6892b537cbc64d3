import { rename, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { IS_FULL, rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { folderOf, gatewayOf } from './support.js'

const RELOADS = rounds(3, 100)
const PER_SECOND = 1_000
const TICK_MS = 5

const handlers = "import { version } from './version.mjs'\nexport const get = ({ n }) => ({ n, version })"
const versionOf = (round: number) => `export const version = ${round}`

/** Calls a served method by plain HTTP at a fixed rate, however fast it answers, and counts every answer. */
class Caller {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #timer: NodeJS.Timeout
  #open: Promise<void>[] = []
  sent = 0
  answered = 0
  readonly versions = new Set<number>()
  readonly faults: string[] = []

  constructor(port: number) {
    this.#port = port
    const begin = performance.now()
    this.#timer = setInterval(() => {
      const due = ((performance.now() - begin) * PER_SECOND) / 1_000
      while (this.sent < due) this.#open.push(this.#call(++this.sent))
    }, TICK_MS)
  }

  /** Sends no more. Resolves when all calls have their answer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
    this.#agent.destroy()
  }

  async #call(n: number): Promise<void> {
    try {
      const { result } = JSON.parse(await this.#post({ jsonrpc: '2.0', id: n, method: 'get', params: { n } }))
      if (result?.n !== n) this.faults.push(`call ${n}: ${JSON.stringify(result)}`)
      this.versions.add(result.version)
      this.answered++
    } catch (error) {
      this.faults.push(`call ${n}: ${String(error)}`)
    }
  }

  #post(body: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { port: this.#port, method: 'POST', agent: this.#agent }
      const sent = request({ ...options, headers: { 'content-type': 'application/json' } }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))))
        answer.on('error', reject)
      })
      sent.on('error', reject).end(JSON.stringify(body))
    })
  }
}

test(`${RELOADS} reloads of a script under ${PER_SECOND} calls a second drop no call`, {
  timeout: 60_000 + RELOADS * 10_000,
}, async () => {
  const folder = await folderOf({ 'handlers.mjs': handlers, 'version.mjs': versionOf(0) })
  const { gateway } = await gatewayOf({
    scripts: { s: { path: join(folder, 'handlers.mjs'), queue: 100_000 } },
    servers: {
      api: {
        type: 'json-rpc',
        listen: { port: 0 },
        // A connection that the server closes while a call is written would look like a dropped call.
        config: { keep_alive: '10m' },
        method: { get: { handler: 'script.s.get' } },
      },
    },
  })
  const listening = () => gateway.connections.status('api').listening
  await waitFor(() => listening() !== undefined, { what: () => 'the server to listen' })
  const caller = new Caller(listening()!.port)
  onTestFinished(() => caller.stop())
  for (let round = 1; round <= RELOADS; round++) {
    await writeFile(join(folder, 'next.mjs'), versionOf(round))
    await rename(join(folder, 'next.mjs'), join(folder, 'version.mjs'))
    await expect.poll(() => caller.versions.has(round), { timeout: 30_000 }).toBe(true)
  }
  await caller.stop()
  expect(caller.faults).toEqual([])
  expect(caller.answered).toBe(caller.sent)
  if (IS_FULL) process.stdout.write(`${caller.sent} calls over ${RELOADS} reloads, all answered\n`)
})
