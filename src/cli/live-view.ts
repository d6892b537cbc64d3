import { type Clock, every, type Timer } from '../core/clock.js'
import type { EventLog } from './event-log.js'
import { renderFrame } from './frame.js'
import { Rates } from './rates.js'
import type { Terminal } from './terminal.js'
import type { ViewSource } from './view-source.js'

const FRAME_MS = 250
const EVENTS_SHOWN = 8
const HIDE_CURSOR = '\u001b[?25l'
/** Moves to the upper left corner, because a resized terminal may have wrapped the lines of the last frame. */
const HOME = '\u001b[H'
const SHOW_CURSOR = '\u001b[?25h'

/** Shows the running integrations, redrawn in place four times a second. `close` restores the cursor. */
export class LiveView {
  readonly #source: ViewSource
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #log: EventLog
  readonly #rates = new Rates()
  readonly #timer: Timer
  #title: string
  #drawn = 0
  #size = ''
  #closed = false

  constructor(title: string, source: ViewSource, log: EventLog, terminal: Terminal, clock: Clock) {
    this.#title = title
    this.#source = source
    this.#log = log
    this.#terminal = terminal
    this.#clock = clock
    terminal.out(HIDE_CURSOR)
    this.#draw()
    this.#timer = every(clock, FRAME_MS, () => this.#draw())
  }

  /** Changes the title above the table. */
  retitle(title: string): void {
    this.#title = title
    if (!this.#closed) this.#draw()
  }

  /** Draws the last frame and restores the terminal. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#timer.cancel()
    this.#draw()
    this.restore()
  }

  /** Restores the terminal without drawing, before the process ends. Idempotent. */
  restore(): void {
    if (this.#closed) return
    this.#closed = true
    this.#terminal.out(SHOW_CURSOR)
  }

  #draw(): void {
    const { columns, rows: height } = this.#terminal.size()
    const rows = this.#source.rows()
    const last = rows.map(({ name }) => [name, this.#log.lastOf(name)] as const)
    const lines = renderFrame({
      title: this.#title,
      rows,
      rates: this.#rates.observe(rows, this.#clock.monotonic()),
      events: this.#log.last(EVENTS_SHOWN),
      lastEvents: new Map(
        last.flatMap(([name, event]) => (event === undefined ? [] : [[name, event] as const])),
      ),
      columns,
      height: height - 1,
      color: this.#terminal.colorOut,
    })
    const size = `${columns}x${height}`
    const isResized = this.#drawn > 0 && size !== this.#size
    this.#size = size
    const up = isResized ? HOME : this.#drawn === 0 ? '' : `\u001b[${Math.min(this.#drawn, height - 1)}A`
    this.#terminal.out(`${up}\r${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`)
    this.#drawn = lines.length
  }
}
