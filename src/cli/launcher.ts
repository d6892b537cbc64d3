import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { systemClock } from '../core/clock.js'
import { type LauncherMessage, onSignals, type StopSignal } from './stop-signals.js'
import type { Terminal } from './terminal.js'

/** Time that an application has to end after the first signal. */
export const END_WITHIN_MS = 10_000
/** Environment variable of the process that runs the application. */
const LAUNCHED = 'NEMO_GATEWAY_LAUNCHED'

/** Tells whether this process was started by `launch`. */
export function isLaunched(): boolean {
  return process.env[LAUNCHED] === '1' && process.send !== undefined
}

/**
 * Runs this command line in a separate process and forwards signals to it. The launcher can end an application that
 * blocks its thread and so cannot handle signals.
 * @param isWatching whether the files of the configuration are watched
 * @returns the exit code
 */
export function launch(terminal: Terminal, isWatching: boolean): Promise<number> {
  const [script = '', ...args] = process.argv.slice(1)
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  })
  let asked = false
  const tell = (message: LauncherMessage) => {
    if (child.connected) child.send(message, () => {})
  }
  const stop = (signal: StopSignal) => {
    if (asked) return kill(child, terminal, `a second signal (${signal})`)
    asked = true
    tell(signal)
    const late = () => kill(child, terminal, `${END_WITHIN_MS / 1_000} s after ${signal}`)
    systemClock.setTimer(END_WITHIN_MS, late, { background: true })
  }
  onSignals(systemClock, isWatching, stop, () => tell('reload'))
  return new Promise((resolve) => {
    child.on('error', (error) => {
      terminal.err(`nemo-gateway: cannot start the process of the application: ${error.message}\n`)
      resolve(1)
    })
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })
}

function kill(child: ChildProcess, terminal: Terminal, when: string): void {
  terminal.err(`nemo-gateway: the application did not end and was killed: ${when}\n`)
  child.kill('SIGKILL')
}
