import { sharedController } from '../core/abort.js'

/** The terminal of the command line. */
export interface Terminal {
  /** Writes data and requested output. */
  readonly out: (text: string) => void
  /** Writes diagnostics. */
  readonly err: (text: string) => void
  /** Whether the data goes to a terminal and may be redrawn. */
  readonly isLive: boolean
  /** Whether each stream supports colours. */
  readonly colorOut: boolean
  readonly colorErr: boolean
  /**
   * Aborts when the data cannot be written any more: its reader is gone, as after `| head`, the terminal has gone away, or
   * the disk is full.
   */
  readonly readerGone: AbortSignal
  /** Returns the current size, which may change. */
  readonly size: () => { readonly columns: number; readonly rows: number }
}

/** Makes the terminal of the process. Uses colours on a terminal unless NO_COLOR is set (no-color.org). */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process
  const wanted = (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  const gone = sharedController()
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    noteFailure(error)
    gone.abort()
  })
  // Unread diagnostics do not end the process.
  stderr.on('error', () => {})
  return {
    out: (text) => {
      if (!gone.signal.aborted) stdout.write(text)
    },
    err: (text) => stderr.write(text),
    readerGone: gone.signal,
    isLive: stdout.isTTY === true && env.TERM !== 'dumb',
    colorOut: wanted && stdout.isTTY === true,
    colorErr: wanted && stderr.isTTY === true,
    // A terminal without a size, such as a serial line or a container, reports 0.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
  }
}

/** Why data could not be written; `undefined` if all was, or if its reader is gone. */
let failure: string | undefined

function noteFailure({ code, message }: NodeJS.ErrnoException): void {
  if (failure !== undefined || code === 'EPIPE' || code === 'EIO') return
  failure = message
  process.stderr.write(`nemo-gateway: cannot write the output: ${message}\n`)
}

/** Ends the process when its output is written. @param code the exit code, 1 if the output could not be written */
export function exitWith(code: number): void {
  process.stdout.write('', (error) => {
    if (error) noteFailure(error)
    process.exit(failure === undefined ? code : 1)
  })
}

/** Bytes of log lines that wait for a reader. */
const MOST_WAITING = 1024 * 1024

/** Makes a writer to stderr that drops lines while a reader does not read, so that memory stays bounded. */
export function boundedStderr(): (text: string) => void {
  let dropped = 0
  return (text) => {
    if (process.stderr.writableLength > MOST_WAITING) {
      dropped++
      return
    }
    process.stderr.write(dropped === 0 ? text : `${dropped} lines were dropped\n${text}`)
    dropped = 0
  }
}
