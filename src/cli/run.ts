import type { CheckedConfig } from '../config/load.js'
import { sharedController } from '../core/abort.js'
import { every, sleep, systemClock } from '../core/clock.js'
import { Gateway } from '../gateway.js'
import { ReadFiles } from '../watch/read-files.js'
import { type App, loadApp, startApp } from './app.js'
import { readConfiguration } from './configuration.js'
import { endIfStuck } from './end-stuck.js'
import { rowsOf } from './gateway-view.js'
import { END_WITHIN_MS, isLaunched } from './launcher.js'
import { jsonOutput, lineOutput, liveOutput, type Output } from './output.js'
import { reloadOnRequest } from './reloading.js'
import { reportDiagnostics } from './report.js'
import { signalRequests } from './stop-signals.js'
import type { Terminal } from './terminal.js'
import type { CommandOptions } from './usage.js'

/** Part of the time to end that is reserved for the threads of the gateway, in milliseconds. */
const RESERVE_MS = 1_000
/** Time that an application may take to clean up, in milliseconds. */
const CLEANUP_MS = 4_000
/** Time limit of the shutdown after an application ended or failed, in milliseconds. */
const SHUTDOWN_MS = 10_000
const HOUR_MS = 3_600_000
/** Exit code of a shell for an interrupted process. */
const INTERRUPTED = 130

/** Runs the command `run` until the gateway was asked to stop and has stopped. @returns the exit code */
export async function run(options: CommandOptions, terminal: Terminal): Promise<number> {
  const { path, json } = options
  const files = new ReadFiles()
  const checked = await readConfiguration(options, files.note)
  if (json && !checked.ok)
    terminal.out(`${JSON.stringify({ ok: false, diagnostics: checked.diagnostics })}\n`)
  else if (!checked.ok) reportDiagnostics(checked.diagnostics, terminal)
  // The log of the gateway contains the warnings.
  if (!checked.ok) return 1
  const output = json
    ? jsonOutput(terminal, systemClock)
    : terminal.isLive
      ? liveOutput(`nemo-gateway  ${path}`, terminal, systemClock)
      : lineOutput(terminal, systemClock)
  // Restore the cursor however the process ends.
  process.on('exit', () => output.abandon())
  try {
    const app =
      options.app === undefined
        ? undefined
        : await withContext(
            `cannot use the module ${options.app}`,
            loadApp(options.app, () => neverLoaded(options.app!, terminal)),
          )
    await runUntilStopped(checked, files, options, app, output, terminal)
    return 0
  } catch (error) {
    output.abandon()
    terminal.err(`nemo-gateway: ${explain(error)}\n`)
    return 1
  }
}

/** Node's exit code for a top-level await that never settles. */
const UNSETTLED = 13

function neverLoaded(app: string, terminal: Terminal): void {
  // The module itself may have requested the exit.
  if (process.exitCode !== undefined && process.exitCode !== UNSETTLED) return
  process.exitCode = 1
  terminal.err(
    `nemo-gateway: the module ${app} never finished loading: its top-level await waits for a promise that nothing can settle\n`,
  )
}

/** Starts the gateway, waits for the signal, and stops in reverse order. */
async function runUntilStopped(
  { config, diagnostics }: Extract<CheckedConfig, { ok: true }>,
  files: ReadFiles,
  { path, variables, watch = false }: CommandOptions,
  app: App | undefined,
  output: Output,
  terminal: Terminal,
): Promise<void> {
  let until = Number.POSITIVE_INFINITY
  const requests = signalRequests(isLaunched(), watch, systemClock, () => {
    output.abandon()
    process.exit(INTERRUPTED)
  })
  // Accepted operations finish then, as after a signal.
  const stop = Promise.race([requests.stop, aborted(terminal.readerGone)]).then(() => {
    until = systemClock.monotonic() + END_WITHIN_MS - RESERVE_MS
  })
  const gateway = await withContext(
    'the gateway did not start',
    Gateway.startChecked(config, diagnostics, {
      logger: (record) => output.record(record),
      source: path,
      variables,
      files,
    }),
  )
  const endReloads = reloadOnRequest({ gateway, files, requests, output, isWatching: watch })
  const alive = every(systemClock, HOUR_MS, () => {})
  try {
    output.begin({ rows: () => rowsOf(gateway.metrics()) })
    const starting = withContext('the application failed', startApp(app, gateway))
    // The application may shut the gateway down itself; without it there is nothing left to run.
    const over = Promise.race([stop, gateway.stopped])
    // Do not wait for an application that hangs while starting.
    const cleanup = await Promise.race([starting, over])
    starting.catch(() => {})
    await over
    output.ending()
    if (cleanup !== undefined)
      await withContext('the application failed to stop', withinMs(CLEANUP_MS, cleanup))
  } finally {
    alive.cancel()
    endReloads()
    const left = until - systemClock.monotonic()
    await gateway.shutdown({ timeout: Math.min(SHUTDOWN_MS, Math.max(0, left)) })
    output.end()
    await endIfStuck(gateway, systemClock, terminal)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function withinMs(ms: number, cleanup: () => unknown): Promise<void> {
  const late = new Error(`the limit of ${ms / 1_000} s was exceeded`)
  const timer = sharedController()
  try {
    await Promise.race([cleanup(), sleep(systemClock, ms, timer.signal).then(() => Promise.reject(late))])
  } finally {
    timer.abort()
  }
}

/** Adds the failed step to an error. */
async function withContext<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new Error(`${what}: ${explain(error)}`, { cause: error })
  }
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
