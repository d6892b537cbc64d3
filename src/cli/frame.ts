import { styleText } from 'node:util'
import type { ViewEvent } from './event-log.js'
import { type Rate, rowKey } from './rates.js'
import type { ViewRow } from './view-source.js'

/** Content of one frame. */
export interface Frame {
  readonly title: string
  readonly rows: readonly ViewRow[]
  /** Rates by `rowKey`. */
  readonly rates: ReadonlyMap<string, Rate>
  /** Events, oldest first. */
  readonly events: readonly ViewEvent[]
  /** Last event of each row by name. */
  readonly lastEvents: ReadonlyMap<string, ViewEvent>
  readonly columns: number
  /** Maximum number of lines. */
  readonly height: number
  readonly color: boolean
}

type Style = 'green' | 'yellow' | 'red' | 'dim' | 'bold'
interface Cell {
  readonly text: string
  readonly style?: Style
  readonly right?: boolean
}

const HEADS = ['NAME', 'TYPE', 'STATE', 'BREAKER', 'IN/S', 'OUT/S', 'ERRORS', 'RESTARTS', 'LAST EVENT']
const NUMERIC = new Set(['IN/S', 'OUT/S', 'ERRORS', 'RESTARTS'])
const STATES: Readonly<Record<string, Style>> = {
  connected: 'green',
  running: 'green',
  listening: 'green',
  closed: 'dim',
  connecting: 'yellow',
  reconnecting: 'yellow',
  'half-open': 'yellow',
  disconnected: 'red',
  failed: 'red',
  stopped: 'red',
  open: 'red',
}
/** Lines besides rows and events: the title, the headings, and an empty line before the events. */
const FIXED = 3

/** Narrowest column for the last event. Without room it is omitted, because the list below shows the event. */
const SHORTEST_EVENT = 16

/** Renders a frame as lines that fit the width and height of the terminal. */
export function renderFrame(frame: Frame): readonly string[] {
  const paint = (style: Style | undefined, text: string) =>
    frame.color && style !== undefined ? styleText(style, text, { validateStream: false }) : text
  const room = Math.max(1, frame.height - FIXED)
  const shown = frame.rows.length > room ? frame.rows.slice(0, room - 1) : frame.rows
  const hidden = frame.rows.length - shown.length
  const heads = HEADS.map((text): Cell => ({ text, style: 'dim', ...(NUMERIC.has(text) && { right: true }) }))
  const table = [heads, ...shown.map((row) => cells(row, frame))]
  const widths = HEADS.map((_, column) => Math.max(...table.map((row) => row[column]!.text.length)))
  const lines = [paint('bold', cut(frame.title, frame.columns))]
  // Without room for the headings, a row is shown instead.
  const heading = frame.height >= FIXED ? 0 : 1
  for (const row of table.slice(heading)) lines.push(line(row, widths, frame.columns, paint))
  if (hidden > 0) lines.push(cut(`… and ${hidden} more`, frame.columns))
  const events = frame.events.slice(
    Math.max(0, frame.events.length - Math.max(0, frame.height - lines.length - 1)),
  )
  if (events.length > 0 && lines.length < frame.height - 1)
    lines.push('', ...events.map((event) => eventLine(event, frame.columns, paint)))
  return lines.slice(0, Math.max(1, frame.height))
}

/** Formats a time of day as HH:MM:SS. */
export function timeOfDay(at: number): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

function cells(row: ViewRow, { rates, lastEvents }: Frame): readonly Cell[] {
  const rate = rates.get(rowKey(row)) ?? { in: 0, out: 0 }
  const isBroker = row.breaker === undefined
  const count = (value: number, alarming: boolean): Cell => ({
    text: isBroker && !alarming ? '-' : String(value),
    right: true,
    ...(value > 0 && alarming ? { style: 'yellow' as const } : { style: 'dim' as const }),
  })
  const state = STATES[row.state]
  const breaker = STATES[row.breaker ?? '']
  const last = lastEvents.get(row.name)
  return [
    { text: row.name, style: 'bold' },
    { text: row.type },
    { text: row.state, ...(state && { style: state }) },
    { text: row.breaker ?? '-', style: breaker ?? 'dim' },
    { text: isBroker ? '-' : rateText(rate.in), right: true },
    { text: isBroker ? '-' : rateText(rate.out), right: true },
    isBroker ? { text: '-', right: true, style: 'dim' } : count(row.errors, true),
    count(row.restarts, true),
    { text: last === undefined ? '' : `${timeOfDay(last.at)} ${last.text}`, style: 'dim' },
  ]
}

/** Formats a rate with few digits: 0.4, 12, 1.2k, 35k. */
function rateText(perSecond: number): string {
  if (perSecond >= 10_000) return `${Math.round(perSecond / 1_000)}k`
  if (perSecond >= 1_000) return `${(perSecond / 1_000).toFixed(1)}k`
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond))
}

function line(
  row: readonly Cell[],
  widths: readonly number[],
  columns: number,
  paint: (style: Style | undefined, text: string) => string,
): string {
  let text = ''
  let left = columns
  for (const [column, cell] of row.entries()) {
    const gap = column === 0 ? '' : '  '
    if (left <= gap.length) break
    if (column === row.length - 1 && left - gap.length < SHORTEST_EVENT) break
    const width = widths[column]!
    const padded = cell.right ? cell.text.padStart(width) : cell.text.padEnd(width)
    const shown = cut(column === row.length - 1 ? cell.text : padded, left - gap.length)
    text += gap + paint(cell.style, shown)
    left -= gap.length + shown.length
  }
  return text
}

function eventLine(
  event: ViewEvent,
  columns: number,
  paint: (style: Style | undefined, text: string) => string,
): string {
  const text = cut(`${timeOfDay(event.at)} ${event.integration} ${event.text}`, columns)
  return paint(event.level === 'error' ? 'red' : event.level === 'warn' ? 'yellow' : undefined, text)
}

function cut(text: string, width: number): string {
  if (text.length <= width) return text
  return width <= 0 ? '' : `${text.slice(0, width - 1)}…`
}
