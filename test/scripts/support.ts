import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { GatewayEvents } from '../../src/core/events.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import { Gateway } from '../../src/index.js'

type Config = Exclude<Parameters<typeof Gateway.start>[0], string>

/** A folder with files, which is removed after the test. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-script-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

/** A gateway that is shut down after the test. */
export async function gatewayOf(config: Config): Promise<{ gateway: Gateway; records: LogRecord[] }> {
  const records: LogRecord[] = []
  const gateway = await Gateway.start(config, { logger: (record) => records.push(record) })
  onTestFinished(() => gateway.shutdown({ timeout: 1_000 }))
  return { gateway, records }
}

/** A gateway with the script `s` and an action for each of its functions, named like it. */
export async function scriptOf(
  text: string,
  functions: readonly string[],
  settings: object = {},
  more: Config = {},
): Promise<{
  readonly gateway: Gateway
  readonly folder: string
  readonly run: <T>(name: string, params?: unknown) => Promise<T>
  readonly events: (keyof GatewayEvents)[]
  readonly records: LogRecord[]
}> {
  const folder = await folderOf({ 'handlers.mjs': text })
  const actions = Object.fromEntries(
    functions.map((name) => [name, { type: 'script', config: { function: `script.s.${name}` } }] as const),
  )
  const { gateway, records } = await gatewayOf({
    ...more,
    scripts: { s: { path: join(folder, 'handlers.mjs'), ...settings } },
    actions: { ...more.actions, ...actions } as never,
  })
  const run = <T>(name: string, params: unknown = {}) => gateway.action(name).run<T>(params)
  const events: (keyof GatewayEvents)[] = []
  for (const name of ['script:reloaded', 'script:failed', 'script:crashed'] as const)
    gateway.on(name, () => events.push(name))
  return { gateway, folder, run, events, records }
}
