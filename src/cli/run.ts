import { checkWithModules } from '../config/load.js'
import { every, systemClock } from '../core/clock.js'
import { Gateway } from '../gateway.js'
import { type App, loadApp, startApp } from './app.js'
import { rowsOf } from './gateway-view.js'
import { jsonOutput, lineOutput, liveOutput, type Output } from './output.js'
import { reportDiagnostics } from './report.js'
import { stopRequested } from './stop-signals.js'
import type { Terminal } from './terminal.js'
import type { CommandOptions } from './usage.js'

const SHUTDOWN_MS = 10_000
const HOUR_MS = 3_600_000
/** As a shell reports a process that was interrupted. */
const INTERRUPTED = 130

/** The command `run`: resolves when the gateway was asked to stop and has stopped. @returns the exit code */
export async function run(options: CommandOptions, terminal: Terminal): Promise<number> {
  const { path, variables, json } = options
  const checked = await checkWithModules(path, { variables })
  if (json && !checked.ok)
    terminal.out(`${JSON.stringify({ ok: false, diagnostics: checked.diagnostics })}\n`)
  else if (!checked.ok) reportDiagnostics(checked.diagnostics, terminal)
  // Warnings come with the log of the gateway.
  if (!checked.ok) return 1
  const output = json
    ? jsonOutput(terminal, systemClock)
    : terminal.isLive
      ? liveOutput(`nemo-gateway  ${path}`, terminal, systemClock)
      : lineOutput(terminal, systemClock)
  // Whatever ends the process, the cursor comes back.
  process.on('exit', () => output.abandon())
  try {
    const app =
      options.app === undefined
        ? undefined
        : await during(`the module ${options.app} cannot be used`, loadApp(options.app))
    await attend(options, app, output)
    return 0
  } catch (error) {
    output.abandon()
    terminal.err(`nemo-gateway: ${explain(error)}\n`)
    return 1
  }
}

/** Starts, waits for the signal, and stops in reverse order. */
async function attend(
  { path, variables }: CommandOptions,
  app: App | undefined,
  output: Output,
): Promise<void> {
  const stop = stopRequested(() => {
    output.abandon()
    process.exit(INTERRUPTED)
  })
  const gateway = await during(
    'the gateway did not start',
    Gateway.start(path, { variables, logger: (record) => output.record(record) }),
  )
  const alive = every(systemClock, HOUR_MS, () => {})
  try {
    output.begin({ rows: () => rowsOf(gateway.metrics()) })
    const cleanup = await during('the application failed', startApp(app, gateway))
    await stop
    output.ending()
    await during('the application failed to stop', Promise.resolve(cleanup()))
  } finally {
    alive.cancel()
    await gateway.shutdown({ timeout: SHUTDOWN_MS })
    output.end()
  }
}

/** Says what was being done when something failed. */
async function during<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new Error(`${what}: ${explain(error)}`, { cause: error })
  }
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
