import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { systemClock } from '../core/clock.js'
import { distinctSignals, STOP_SIGNALS, type StopSignal } from './stop-signals.js'
import type { Terminal } from './terminal.js'

/** After the first signal an application has so long to end, whatever it does. */
export const END_WITHIN_MS = 10_000
/** Set for the process that runs the application. */
const LAUNCHED = 'NEMO_GATEWAY_LAUNCHED'

/** Whether this process was started by `launch`. */
export function isLaunched(): boolean {
  return process.env[LAUNCHED] === '1' && process.send !== undefined
}

/**
 * Runs this command line again in a separate process, and passes signals on to it. An application that blocks its
 * thread cannot notice a signal: the launcher can, and ends it. @returns the exit code
 */
export function launch(terminal: Terminal): Promise<number> {
  const [script = '', ...args] = process.argv.slice(1)
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  })
  let asked = false
  const isDistinct = distinctSignals(systemClock)
  const onSignal = (signal: StopSignal) => {
    if (!isDistinct(signal)) return
    if (asked) return kill(child, terminal, `a second signal (${signal})`)
    asked = true
    if (child.connected) child.send(signal, () => {})
    const late = () => kill(child, terminal, `${END_WITHIN_MS / 1_000} s after ${signal}`)
    systemClock.setTimer(END_WITHIN_MS, late, { background: true })
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      terminal.err(`nemo-gateway: the process for the application did not start: ${error.message}\n`)
      resolve(1)
    })
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })
}

function kill(child: ChildProcess, terminal: Terminal, when: string): void {
  terminal.err(`nemo-gateway: the application had not ended and was killed: ${when}\n`)
  child.kill('SIGKILL')
}
