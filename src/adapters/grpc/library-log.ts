import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js'

const listeners = new Set<(message: string) => void>()

/** Keeps the library from writing to the console: what matters to a request is in its error. May be called again. */
export function muteLibrary(): void {
  setLogVerbosity(logVerbosity.ERROR)
  setLogger({
    error(message: unknown) {
      for (const listener of listeners) listener(String(message))
    },
    info: () => {},
    debug: () => {},
  })
}

/** Gives `listener` what the library would write as an error. Registering twice has no effect. */
export function addLogListener(listener: (message: string) => void): void {
  listeners.add(listener)
}

export function removeLogListener(listener: (message: string) => void): void {
  listeners.delete(listener)
}
