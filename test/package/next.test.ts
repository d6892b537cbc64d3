import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, install, PRINTED } from './support.js'

const LAYOUT = 'export default ({ children }) => <html lang="en"><body>{children}</body></html>'
const ROUTE = `
import { main } from '../../program.mjs'
export const dynamic = 'force-dynamic'
export const GET = async () => Response.json(await main())
`

let app: Installation
beforeAll(async () => {
  app = await install('next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1')
  await mkdir(join(app.folder, 'app/try'), { recursive: true })
  await app.write({ 'app/layout.jsx': LAYOUT, 'app/page.jsx': 'export default () => <p>hello</p>' })
  await app.write({ 'app/try/route.js': ROUTE })
})
afterAll(() => app?.remove())

test.each([
  ['Turbopack', [], {}],
  ['Turbopack and serverExternalPackages', [], { serverExternalPackages: ['nemo-gateway'] }],
  ['webpack and serverExternalPackages', ['--webpack'], { serverExternalPackages: ['nemo-gateway'] }],
])('a route handler built by %s uses the gateway', async (_, options, config) => {
  await app.write({ 'next.config.mjs': `export default ${JSON.stringify(config)}` })
  await app.run('next', 'build', ...options)
  const port = await freePort()
  const server = spawn(process.execPath, ['node_modules/next/dist/bin/next', 'start', '-p', String(port)], {
    cwd: app.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  try {
    await ready(server)
    const answer = await fetch(`http://127.0.0.1:${port}/try`)
    expect(await answer.json()).toEqual(PRINTED)
  } finally {
    // Next.js serves from a process of its own.
    process.kill(-server.pid!, 'SIGKILL')
  }
})

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Ready')) resolve()
    })
    server.on('exit', (code) => reject(new Error(`next start ended with code ${code}: ${output}`)))
  })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
