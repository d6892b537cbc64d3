import { logVerbosity, setLogger, setLogVerbosity } from '@grpc/grpc-js'

const listeners = new Set<(message: string) => void>()

/** Keeps grpc-js from writing to the console, because errors carry what matters. Calling it again has no effect. */
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

/** Passes grpc-js's error logs to `listener`. Registering twice has no effect. */
export function addLogListener(listener: (message: string) => void): void {
  listeners.add(listener)
}

export function removeLogListener(listener: (message: string) => void): void {
  listeners.delete(listener)
}
