import { systemClock } from '../core/clock.js'
import { ConfigError } from '../core/errors/config.js'
import type { Gateway } from '../gateway.js'
import { ConfigWatch } from '../reload/config-watch.js'
import type { ReadFiles } from '../watch/read-files.js'
import type { Output } from './output.js'
import type { SignalRequests } from './stop-signals.js'

interface Reloading {
  readonly gateway: Pick<Gateway, 'reload' | 'on'>
  /** The files that were read for its configuration. */
  readonly files: ReadFiles
  readonly requests: Pick<SignalRequests, 'onReload'>
  readonly output: Pick<Output, 'refused'>
  /** Whether a change of a file reloads too. */
  readonly isWatching: boolean
}

/**
 * Reloads a gateway when a signal asks for it, and when a file of its configuration changes.
 * @returns a function that ends this
 */
export function reloadOnRequest({ gateway, files, requests, output, isWatching }: Reloading): () => void {
  let isOver = false
  const reload = () => {
    if (isOver) return
    gateway.reload().catch((error: unknown) => {
      // The event tells the reason. A shutdown ends a reload too.
      if (error instanceof ConfigError) output.refused(error.diagnostics)
    })
  }
  requests.onReload(reload)
  let isRunning = true
  const watch = new ConfigWatch({
    clock: systemClock,
    files,
    isRunning: () => isRunning,
    changed: reload,
  })
  const forget = gateway.on('config:reloaded', ({ result }) => {
    isRunning = result !== 'refused'
    if (isWatching) watch.refresh()
  })
  if (isWatching) watch.refresh()
  return () => {
    isOver = true
    forget()
    watch.close()
  }
}
