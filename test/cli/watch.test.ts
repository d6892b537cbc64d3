import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'
import { FIXTURES, type Running, startDaemon } from './support.js'

const running = new Set<Running>()
const folders: string[] = []
afterAll(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL')
    await ended
  }
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-watch-'))
  folders.push(folder)
  return folder
}

function watch(...args: readonly string[]): Running {
  const started = startDaemon(['run', '--watch', ...args])
  running.add(started)
  return started
}

interface Reloaded {
  readonly message: string
  readonly result: string
  readonly changed: number
  readonly reason?: string
}

/** The reloads in the output of `--json`. */
function reloadsIn({ stdout }: Running): readonly Reloaded[] {
  const lines = stdout.split('\n').slice(0, -1)
  return lines
    .map((line) => JSON.parse(line) as Reloaded)
    .filter(({ message }) => message === 'config:reloaded')
}

/** Waits until the number of changes is applied that nothing else can have brought about. */
function applied(process: Running, count: number): Promise<unknown> {
  return waitFor(() => reloadsIn(process).filter(({ result }) => result === 'applied').length === count, {
    what: () => `reload ${count}: ${process.stdout}`,
  })
}

const memory = (name: string, attributes = '') => `integration "${name}" {
  type = "memory"
  ${attributes}
}
`
const sized = (messages: number) => `mailbox { messages = ${messages} }`
const proto = (field: string) => `syntax = "proto3"; message Inner { int32 ${field} = 1; }`

test.concurrent('--watch reloads for a change of each file, however it is written', async () => {
  const folder = await temporaryFolder()
  const at = (name: string) => join(folder, name)
  await mkdir(at('conf'))
  await mkdir(at('linked-1'))
  await mkdir(at('linked-2'))
  await writeFile(at('conf/a.hcl'), memory('a', sized(100)))
  // As Kubernetes mounts a volume: a link to a link to a folder.
  await writeFile(at('linked-1/b.hcl'), memory('b', sized(100)))
  await writeFile(at('linked-2/b.hcl'), memory('b', sized(101)))
  await symlink('linked-1', at('..data'))
  await symlink('../..data/b.hcl', at('conf/b.hcl'))
  await writeFile(at('size.txt'), '100')
  await writeFile(at('conf/c.hcl'), memory('c', 'mailbox { messages = tonumber(file("../size.txt")) }'))
  await writeFile(at('inner.proto'), proto('n'))
  await writeFile(at('outer.proto'), 'syntax = "proto3"; import "inner.proto"; message M { Inner i = 1; }')
  const protobuf = 'format = "protobuf"\n  protobuf {\n    proto = "../outer.proto"\n    message = "M"\n  }'
  await writeFile(at('conf/d.hcl'), memory('d', protobuf))
  const process = watch(at('conf'), '--json')
  await process.seen(/"gateway:running"/)
  // In place, without a pause between its end and its beginning.
  writeFileSync(at('conf/a.hcl'), memory('a', sized(101)))
  await applied(process, 1)
  // By a rename over it, as editors do.
  await writeFile(at('conf/a.hcl~'), memory('a', sized(102)))
  await rename(at('conf/a.hcl~'), at('conf/a.hcl'))
  await applied(process, 2)
  // By another target of a link on the way.
  await symlink('linked-2', at('..data_tmp'))
  await rename(at('..data_tmp'), at('..data'))
  await applied(process, 3)
  // A file that `file()` reads.
  writeFileSync(at('size.txt'), '101')
  await applied(process, 4)
  // A file that a schema imports.
  writeFileSync(at('inner.proto'), proto('m'))
  await applied(process, 5)
  // A new file in the folder.
  writeFileSync(at('conf/e.hcl'), memory('e'))
  await applied(process, 6)
  const reloads = reloadsIn(process)
  expect(reloads.filter(({ result }) => result === 'refused')).toEqual([])
  expect(reloads.every(({ changed }) => changed <= 1)).toBe(true)
  process.child.kill('SIGTERM')
  const { code, stderr } = await process.ended
  expect([code, stderr]).toEqual([0, ''])
}, 60_000)

test.concurrent('a faulty change is refused in one line with its place, and the next one is taken', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'gateway.hcl')
  await writeFile(file, memory('a', sized(100)))
  const process = watch(file)
  await process.seen(/a connected/)
  writeFileSync(file, memory('a', 'mailbox { mesages = 101 }'))
  await process.seen(/1 error\n/)
  writeFileSync(file, memory('a', sized(101)))
  await process.seen(/reloaded the configuration: 1 changed/)
  process.child.kill('SIGTERM')
  const { code, stdout, stderr } = await process.ended
  expect(code).toBe(0)
  const refused = stdout.split('\n').filter((line) => line.includes('refused'))
  expect(refused).toHaveLength(1)
  expect(refused[0]).toContain(
    `error gateway the reload was refused, and the earlier configuration runs on: ${file}:3:13: the block "mailbox" has no "mesages"`,
  )
  // As `check` shows it.
  expect(stderr).toContain(` --> ${file}:3:13\n`)
  expect(stderr).toContain('hint: did you mean "messages"?')
  expect(stdout.match(/a started/g)).toHaveLength(1)
})

test.concurrent('a file that is cut short or becomes a pipe removes nothing and stops nothing', async () => {
  const folder = await temporaryFolder()
  const at = (name: string) => join(folder, name)
  await mkdir(at('conf'))
  await writeFile(at('conf/a.hcl'), memory('a', sized(100)))
  await writeFile(at('conf/b.hcl'), memory('b', sized(100)))
  const process = watch(at('conf'), '--json')
  await process.seen(/"gateway:running"/)
  const refused = (count: number) =>
    waitFor(() => reloadsIn(process).filter(({ result }) => result === 'refused').length === count, {
      what: () => `refusal ${count}: ${process.stdout}`,
    })
  writeFileSync(at('conf/b.hcl'), '')
  await refused(1)
  await unlink(at('conf/b.hcl'))
  execFileSync('/usr/bin/env', ['mkfifo', at('conf/b.hcl')])
  await refused(2)
  await unlink(at('conf/b.hcl'))
  await writeFile(at('conf/a.hcl'), '# nothing\n')
  await refused(3)
  writeFileSync(at('conf/a.hcl'), memory('a', sized(101)))
  await applied(process, 1)
  const reasons = reloadsIn(process).map(({ reason }) => reason)
  expect(reasons).toEqual([
    expect.stringContaining('b.hcl: the configuration cannot be read: the file is empty'),
    expect.stringContaining('b.hcl: the configuration cannot be read: expected a file, found a pipe'),
    expect.stringContaining('the new configuration has no blocks'),
    undefined,
  ])
  process.child.kill('SIGTERM')
  expect((await process.ended).code).toBe(0)
}, 60_000)

interface Pong {
  readonly n: number
  readonly threadId: number
  readonly reloads: { readonly applied: number; readonly refused: number; readonly lastSucceeded: boolean }
}

test.concurrent('a wrong password and a missing schema change nothing, and the messages flow on', async () => {
  const folder = await temporaryFolder()
  const at = (name: string) => join(folder, name)
  const mosquitto = await startMosquitto({ users: { nemo: 'secret' } })
  const other = await mqtt.connectAsync(`mqtt://127.0.0.1:${mosquitto.port}`, {
    username: 'nemo',
    password: 'secret',
  })
  try {
    await writeFile(at('password.txt'), 'secret')
    await writeFile(at('m.proto'), 'syntax = "proto3"; message M { int32 n = 1; }')
    await writeFile(
      at('gateway.hcl'),
      `integration "events" {
  type     = "mqtt"
  format   = "json"
  endpoint {
    address = "127.0.0.1"
    port    = ${mosquitto.port}
  }
  auth {
    type     = "basic"
    username = "nemo"
    password = file("password.txt")
  }
  supervision { ready_timeout = "1m" }
}
${memory('typed', 'format = "protobuf"\n  protobuf {\n    proto = "m.proto"\n    message = "M"\n  }')}`,
    )
    const process = watch(at('gateway.hcl'), '--json', '--app', `${FIXTURES}echo-app.mjs`)
    await process.seen(/app listens/)
    const pongs: Pong[] = []
    other.on('message', (_, payload) => pongs.push(JSON.parse(payload.toString()) as Pong))
    await other.subscribeAsync('pong')
    let n = 0
    const ping = async (): Promise<Pong> => {
      const wanted = ++n
      await other.publishAsync('ping', `${wanted}`, { qos: 1 })
      return waitFor(() => pongs.find((pong) => pong.n === wanted), { what: 'the answer' })
    }
    const before = await ping()
    expect(before.reloads).toMatchObject({ refused: 0, lastSucceeded: true })

    writeFileSync(at('password.txt'), 'wrong')
    await process.seen(/app saw refused: "events" is not ready: /)
    const wrong = await ping()
    expect(wrong.threadId).toBe(before.threadId)
    expect(wrong.reloads).toMatchObject({ applied: 0, refused: 1, lastSucceeded: false })
    writeFileSync(at('password.txt'), 'secret')
    await process.seen(/app saw unchanged/)

    await unlink(at('m.proto'))
    await process.seen(/app saw refused: .*m\.proto/)
    const missing = await ping()
    expect(missing.threadId).toBe(before.threadId)
    expect(missing.reloads).toMatchObject({ applied: 0, refused: 2, lastSucceeded: false })
    writeFileSync(at('m.proto'), 'syntax = "proto3"; message M { int64 n = 1; }')
    await process.seen(/app saw applied/)
    expect((await ping()).reloads).toMatchObject({ applied: 1, lastSucceeded: true })
    process.child.kill('SIGTERM')
    expect((await process.ended).code).toBe(0)
  } finally {
    await other.endAsync(true)
    await mosquitto.stop()
  }
}, 120_000)
