/** What the command line talks to. */
export interface Terminal {
  /** Data, and what a person asked for. */
  readonly out: (text: string) => void
  /** Diagnostics and complaints. */
  readonly err: (text: string) => void
  /** Whether a person looks at the data, so that it may be redrawn. */
  readonly isLive: boolean
  /** Whether each stream may be coloured. */
  readonly colorOut: boolean
  readonly colorErr: boolean
  /** Aborts when nobody reads the data any more, as after `| head`. */
  readonly readerGone: AbortSignal
  /** As it is now: people resize their windows. */
  readonly size: () => { readonly columns: number; readonly rows: number }
}

/** The terminal of the process. Colours are for terminals, unless NO_COLOR is set (no-color.org). */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process
  const wanted = (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  const gone = new AbortController()
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exit(1)
    gone.abort()
  })
  // Complaints that nobody reads are no reason to end.
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
    // A terminal without a size, such as that of a serial line or a container, reports 0.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
  }
}
