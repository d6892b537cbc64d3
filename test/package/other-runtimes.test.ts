import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, install } from './support.js'

let app: Installation
beforeAll(async () => {
  app = await install('bun@1.4.5', 'deno@2.9.6')
  await app.write({ 'gateway.hcl': 'integration "bus" {\n  type = "memory"\n}\n' })
})
afterAll(() => app?.remove())

const RUNTIMES = [
  ['Bun 1.4.5', 'bun', ['run']],
  ['Deno 2.9.6', 'deno', ['run', '--allow-all']],
] as const
const sentence = (name: string) =>
  `nemo-gateway needs Node 20.19 or newer, found ${name}: its worker threads do not exchange messages as those of Node do`

test.each(RUNTIMES)('%s gets one sentence from Gateway.start', async (name, command, args) => {
  expect(await app.run(command, ...args, 'main.mjs')).toBe(`ConfigError: ${sentence(name)}\n`)
})

test.each(RUNTIMES)(
  '%s gets it from the command line, and a code that is not 0',
  async (name, command, args) => {
    const program = 'node_modules/nemo-gateway/dist/cli.js'
    const failed = app.run(command, ...args, program, 'run', 'gateway.hcl')
    await expect(failed).rejects.toThrow(sentence(name))
  },
)
