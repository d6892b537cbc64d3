import { closeSync, openSync } from 'node:fs'
import type { Clock } from '../core/clock.js'

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type StopSignal = (typeof STOP_SIGNALS)[number]
/** What the launcher sends to the process of the application. */
export type LauncherMessage = StopSignal | 'reload'

/** The same signal within this time counts once, because timeout(1) sends it to a process and to its group. */
const SAME_SIGNAL_MS = 100
/** A shell may send SIGHUP shortly before its terminal goes away. */
const TERMINAL_GONE_MS = 200

/** Makes a filter that drops a signal delivered twice. */
export function distinctSignals(clock: Clock): (signal: StopSignal) => boolean {
  let last: { readonly signal: StopSignal; readonly at: number } | undefined
  return (signal) => {
    const at = clock.monotonic()
    const isDistinct = last?.signal !== signal || at - last.at > SAME_SIGNAL_MS
    last = { signal, at }
    return isDistinct
  }
}

/** Tells whether the process has a terminal that can send it signals. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

interface Attachment {
  /** Whether the files of the configuration are watched. */
  readonly isWatching: boolean
  /** Whether the process had a terminal when it started. */
  readonly hadTerminal: boolean
}

/**
 * Decides what SIGHUP asks for. It reloads a daemon, and a gateway that is told to follow its files. A terminal that goes
 * away sends it too, and that always stops. Pure.
 */
export function meaningOfHangup(
  { isWatching, hadTerminal }: Attachment,
  hasTerminal: boolean,
  platform = process.platform,
): 'stop' | 'reload' {
  // Windows sends it when the console is closed, and then ends the process.
  if (platform === 'win32' || (hadTerminal && !hasTerminal)) return 'stop'
  return isWatching || !hadTerminal ? 'reload' : 'stop'
}

/** Calls `stop` and `reload` for the signals of this process. */
export function onSignals(
  clock: Clock,
  isWatching: boolean,
  stop: (signal: StopSignal) => void,
  reload: () => void,
): void {
  const attachment = { isWatching, hadTerminal: hasTerminal() }
  const isDistinct = distinctSignals(clock)
  const hangUp = (isFirst: boolean) => {
    if (meaningOfHangup(attachment, hasTerminal()) === 'stop') return stop('SIGHUP')
    if (isFirst && attachment.hadTerminal) clock.setTimer(TERMINAL_GONE_MS, () => hangUp(false))
    else reload()
  }
  for (const signal of STOP_SIGNALS)
    process.on(signal, () => {
      if (!isDistinct(signal)) return
      if (signal === 'SIGHUP') hangUp(true)
      else stop(signal)
    })
}

/** What the signals of this process ask for. */
export interface SignalRequests {
  /** Resolves at the first request to stop. */
  readonly stop: Promise<void>
  /** Calls `reload` at each request, and for those made before. */
  onReload(reload: () => void): void
}

/**
 * Listens for signals; a second request to stop calls `atOnce`.
 * @param isLaunched whether the launcher forwards signals; those of a terminal reach both processes and count once
 * @param isWatching whether the files of the configuration are watched
 */
export function signalRequests(
  isLaunched: boolean,
  isWatching: boolean,
  clock: Clock,
  atOnce: () => void,
): SignalRequests {
  let isAsked = false
  let resolveStop = () => {}
  let reload: (() => void) | undefined
  let isReloadWanted = false
  const stop = () => {
    if (isAsked) return atOnce()
    isAsked = true
    resolveStop()
  }
  const askForReload = () => {
    if (isAsked) return
    if (reload === undefined) isReloadWanted = true
    else reload()
  }
  if (!isLaunched) onSignals(clock, isWatching, stop, askForReload)
  else {
    for (const signal of STOP_SIGNALS) process.on(signal, () => {})
    process.on('message', (message: LauncherMessage) => (message === 'reload' ? askForReload() : stop()))
    // The launcher was killed, so that nothing could end this process if its application hangs.
    process.on('disconnect', atOnce)
    // The launcher may have been killed while the application was loading.
    if (!process.connected) atOnce()
  }
  return {
    stop: new Promise((resolve) => {
      resolveStop = resolve
    }),
    onReload(given) {
      reload = given
      if (isReloadWanted) given()
      isReloadWanted = false
    },
  }
}
