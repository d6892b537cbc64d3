import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { checkArchitecture } from './architecture/check.js'
import { CONFINED, THREAD_FILES } from './architecture/layers.js'

const ROOT = new URL('../..', import.meta.url).pathname

describe('this repository', async () => {
  const report = await checkArchitecture(ROOT)

  test('keeps to its layers', () => {
    expect(report.faults).toEqual([])
  })

  test('was looked at as a whole', async () => {
    const listed = await promisify(execFile)(
      'find',
      ['.', '-path', './node_modules', '-prune', '-o', '-name', '*.ts', '-print'],
      {
        cwd: ROOT,
      },
    )
    const sources = listed.stdout.match(/^\.\/(src|workers)\/.*$/gm)!.map((path) => path.slice(2))
    expect(report.files).toEqual(sources.sort())
    expect(report.files.length).toBeGreaterThan(10)
    expect(report.imports).toBeGreaterThan(report.files.length / 2)
  })

  test('starts threads in three files at most', () => {
    expect(THREAD_FILES.length).toBeLessThanOrEqual(3)
  })
})

/** Checks a repository that consists of these files. */
async function check(files: { readonly [path: string]: string }): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'nemo-layers-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    const report = await checkArchitecture(root)
    expect(report.files.length).toBe(Object.keys(files).length)
    return report.faults
  } finally {
    await rm(root, { recursive: true })
  }
}

describe('the check', () => {
  const targets = {
    'src/core/value.ts': 'export const core = 1',
    'src/wire/json.ts': 'export const json = 1',
    'src/resilience/retry.ts': 'export const retry = 1',
    'src/mailbox/credit.ts': 'export const credit = 1',
    'src/transform/jq.ts': 'export const jq = 1',
    'src/actor/loop.ts': 'export const loop = 1',
    'src/adapters/tls.ts': 'export const tls = 1',
    'src/adapters/mqtt/adapter.ts': 'export const mqtt = 1',
    'src/adapters/mqtt/manifest.ts': 'export const manifest = 1',
    'src/adapters/catalogue.ts': 'export const catalogue = 1',
    'src/brokers/embedded-broker.ts': 'export const broker = 1',
    'src/brokers/memory/line.ts': 'export const line = 1',
    'src/brokers/memory/store.ts': 'export const store = 1',
    'src/supervisor/tree.ts': 'export const tree = 1',
    'src/router/route.ts': 'export const route = 1',
    'src/client/rpc.ts': 'export const rpc = 1',
    'src/server/serve.ts': 'export const serve = 1',
    'src/config/load.ts': 'export const load = 1',
    'src/gateway.ts': 'export const gateway = 1',
    'src/testing/fake.ts': 'export const fake = 1',
  }

  const allowed: readonly (readonly [string, string])[] = [
    ['src/core/x.ts', "import type { ZodType } from 'zod'"],
    ['src/core/x.ts', "import type { MessagePort } from 'node:worker_threads'"],
    ['src/core/clock.ts', 'setTimeout(f, 1); setImmediate(f); Date.now(); performance.now(); new Date()'],
    ['src/core/random.ts', "Math.random(); process.getBuiltinModule('node:crypto').randomUUID()"],
    ['src/wire/x.ts', "import '../core/value.js'; import '@msgpack/msgpack'; import { stat } from 'node:fs'"],
    [
      'src/adapters/mqtt/x.ts',
      "import 'mqtt'; import './adapter.js'; import '../tls.js'; import '../../wire/json.js'",
    ],
    ['src/adapters/memory/x.ts', "import '../../brokers/memory/line.js'"],
    ['src/brokers/mqtt/x.ts', "import 'aedes'; import '../embedded-broker.js'"],
    [
      'src/actor/x.ts',
      "import '../transform/jq.js'; import '../brokers/embedded-broker.js'; import './loop.js'",
    ],
    ['workers/mqtt.ts', "import '../src/actor/loop.js'; import '../src/adapters/mqtt/adapter.js'"],
    ['src/config/x.ts', "import '../adapters/catalogue.js'; import 'zod'; new Date(0); clock.setTimeout(f)"],
    ['src/cli/x.ts', "import '../gateway.js'; console.log(1); process.exit(1)"],
    ['src/testing/x.ts', "import '../actor/loop.js'; import '../supervisor/tree.js'"],
    ['src/supervisor/thread-spawner.ts', "import { Worker } from 'node:worker_threads'"],
    ['src/client/x.ts', 'type T = ReturnType<typeof setTimeout>; const o = { console: 1 }; o.console'],
  ]

  test.each(allowed)('lets pass in %s: %s', async (path, text) => {
    expect(await check({ ...targets, [path]: text })).toEqual([])
  })

  /** The file, what it holds, and what the one fault must say. */
  const planted: readonly (readonly [string, string, string])[] = [
    ['src/core/x.ts', "import '../wire/json.js'", "x.ts:1 imports '../wire/json.js'"],
    ['src/core/x.ts', "import { z } from 'zod'", 'allowed imports are [types of zod]'],
    ['src/core/x.ts', "import type { X } from '../wire/json.js'", 'allowed imports are [src/core/**]'],
    ['src/core/x.ts', "export * from '../wire/json.js'", 'layer "core"'],
    ['src/core/x.ts', "type X = import('../wire/json.js').X", 'layer "core"'],
    ['src/core/x.ts', "await import('../wire/json.js')", 'layer "core"'],
    ['src/resilience/x.ts', "\nimport '../mailbox/credit.js'", 'x.ts:2 imports'],
    ['src/mailbox/x.ts', "import '../wire/json.js'", 'layer "mailbox"'],
    ['src/transform/x.ts', "import '../actor/loop.js'", 'layer "transform"'],
    ['src/adapters/mqtt/x.ts', "import '../../resilience/retry.js'", 'layer "adapter"'],
    ['src/adapters/nats/x.ts', "import '../mqtt/adapter.js'", 'src/adapters/nats/**'],
    ['src/adapters/nats/x.ts', "import '../catalogue.js'", '!src/adapters/catalogue.ts'],
    ['src/adapters/nats/x.ts', "import 'mqtt'", 'allowed in [src/adapters/mqtt/'],
    ['src/adapters/nats/x.ts', "import '../../brokers/memory/line.js'", 'layer "adapter"'],
    ['src/adapters/memory/x.ts', "import '../../brokers/memory/store.js'", 'src/brokers/memory/line.ts'],
    ['src/adapters/nats/manifest.ts', "import '../tls.js'", 'layer "manifest or catalogue"'],
    ['src/brokers/mqtt/manifest.ts', "import 'aedes'", 'not its manifest'],
    ['src/brokers/mqtt/x.ts', "import '../memory/line.js'", 'layer "broker"'],
    ['src/actor/x.ts', "import '../adapters/mqtt/adapter.js'", 'layer "actor"'],
    ['src/actor/x.ts', "import '../supervisor/tree.js'", 'layer "actor"'],
    ['src/actor/x.ts', "import '../brokers/memory/store.js'", 'src/brokers/embedded-broker.ts'],
    ['src/supervisor/x.ts', "import '../actor/loop.js'", 'layer "supervisor"'],
    ['src/supervisor/x.ts', "import '../client/rpc.js'", 'layer "supervisor"'],
    ['src/router/x.ts', "import '../server/serve.js'", 'layer "router"'],
    ['src/client/x.ts', "import '../resilience/retry.js'", 'layer "client"'],
    ['src/telemetry/x.ts', "import '../client/rpc.js'", 'layer "telemetry"'],
    ['src/server/x.ts', "import '../client/rpc.js'", 'layer "server"'],
    ['src/dataflow/x.ts', "import '../router/route.js'", 'layer "dataflow"'],
    ['src/config/x.ts', "import '../adapters/mqtt/manifest.js'", 'layer "config"'],
    ['src/config/hcl/x.ts', "import '../load.js'", 'layer "configuration language"'],
    ['src/config/hcl/x.ts', "import '../../core/value.js'", 'layer "configuration language"'],
    ['src/cli/x.ts', "import '../actor/loop.js'", 'layer "host composition"'],
    ['src/index.ts', "import './adapters/mqtt/adapter.js'", 'layer "host composition"'],
    ['src/index.ts', "import './testing/fake.js'", 'layer "host composition"'],
    ['src/index.ts', "import 'aedes'", 'allowed in [src/brokers/mqtt/'],
    ['src/testing/x.ts', "import 'undici'", 'allowed in [src/adapters/json-rpc/'],
    ['src/client/x.ts', "import 'left-pad'", 'allowed imports are [no package]'],
    ['src/client/x.ts', "import './gone.js'", 'there is no src/client/gone.ts'],
    ['src/client/x.ts', "import '../../test/x.js'", 'there is no test/x.ts'],
    ['src/unheard/x.ts', "import '../core/value.js'", 'belongs to no layer'],
    ['workers/x.ts', "import '../src/supervisor/tree.js'", 'layer "worker entry"'],
    ['src/client/x.ts', "import { Worker } from 'node:worker_threads'", THREAD_FILES[0]],
    ['src/client/x.ts', "import { type MessagePort, Worker } from 'node:worker_threads'", THREAD_FILES[0]],
    ['src/client/x.ts', "import { setTimeout as wait } from 'node:timers/promises'", 'src/core/clock.ts'],
    ['src/client/x.ts', 'setTimeout(f, 1)', 'uses setTimeout: allowed in [src/core/clock.ts]'],
    ['src/client/x.ts', 'globalThis.setInterval(f, 1)', 'uses setInterval'],
    ['src/client/x.ts', 'const later = { setImmediate }', 'uses setImmediate'],
    ['src/client/x.ts', '\n\nconst now = Date.now', 'x.ts:3 uses Date.now'],
    ['src/client/x.ts', 'const now = new Date()', 'uses new Date()'],
    ['src/client/x.ts', 'const now = Date()', 'uses new Date()'],
    ['src/client/x.ts', 'performance.now()', 'uses performance.now'],
    ['src/client/x.ts', 'globalThis.performance.now()', 'uses performance.now'],
    ['src/client/x.ts', 'process.hrtime.bigint()', 'uses process.hrtime'],
    ['src/client/x.ts', 'const jitter = Math.random', 'uses Math.random: allowed in [src/core/random.ts]'],
    ['src/client/x.ts', "import { randomUUID } from 'node:crypto'; randomUUID()", 'uses randomUUID'],
    ['src/client/x.ts', "import { randomUUID as id } from 'node:crypto'; id()", 'uses randomUUID'],
    ['src/client/x.ts', 'globalThis.crypto.randomUUID()', 'uses randomUUID'],
    ['src/client/x.ts', "import crypto from 'node:crypto'; crypto.randomBytes(4)", 'uses randomBytes'],
    ['src/client/x.ts', "process.getBuiltinModule('node:crypto').randomInt(4)", 'uses randomInt'],
    ['src/client/x.ts', 'const { randomFillSync } = crypto', 'uses randomFillSync'],
    ['src/client/x.ts', 'crypto.getRandomValues(bytes)', 'uses getRandomValues'],
    ['src/client/x.ts', 'AbortSignal.timeout(5)', 'uses AbortSignal.timeout'],
    [
      'src/wire/x.ts',
      "import { readFile } from 'node:fs/promises'",
      'uses readFile: allowed in [src/buffer/**',
    ],
    ['src/config/x.ts', "import { readFileSync as read } from 'node:fs'", 'uses readFileSync'],
    ['src/config/x.ts', "import fs from 'node:fs'; fs.createReadStream('x')", 'uses createReadStream'],
    ['src/client/x.ts', 'AbortSignal.any([one, two])', 'uses AbortSignal.any'],
    ['src/client/x.ts', 'const stop = new AbortController()', 'uses new AbortController'],
    ['src/client/x.ts', "console.error('x')", 'uses console: allowed in [src/cli/**]'],
    ['workers/x.ts', 'process.exit(1)', 'uses process.exit'],
  ]

  test.each(planted)('finds in %s: %s', async (path, text, fault) => {
    const faults = await check({ ...targets, [path]: text })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(fault)
  })

  test('everything confined has been planted', () => {
    const names = Object.keys(CONFINED).filter((name) => !name.startsWith('node:'))
    const found = planted.map(([, , fault]) => fault)
    expect(names.filter((name) => !found.some((fault) => fault.includes(`uses ${name}`)))).toEqual([])
  })

  test('finds a worker with two protocols', async () => {
    const two = "import '../src/adapters/mqtt/adapter.js'; import '../src/brokers/memory/line.js'"
    expect(await check({ ...targets, 'workers/x.ts': two })).toEqual([
      'workers/x.ts imports src/adapters/mqtt and src/brokers/memory: allowed imports are [src/actor/**, one adapter or broker]',
    ])
  })

  test('finds cycles, of types too, and shows them', async () => {
    const files = {
      'src/core/a.ts': "import './b.js'",
      'src/core/b.ts': "import type { C } from './c.js'; import './d.js'",
      'src/core/c.ts': "export * from './a.js'",
      'src/core/d.ts': '',
      'src/core/e.ts': "import './e.js'",
    }
    expect(await check(files)).toEqual([
      'import cycle: src/core/a.ts > src/core/b.ts > src/core/c.ts > src/core/a.ts',
      'import cycle: src/core/e.ts > src/core/e.ts',
    ])
  })
})
