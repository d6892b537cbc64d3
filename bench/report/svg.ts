import { goalText, MEASURE_TITLES, quantity } from './format.js'
import type { ResultRecord } from './judge.js'
import type { Machine } from './machine.js'

const WIDTH = 960
const LEFT = 330
const RIGHT = 190
const TOP = 92
const ROW = 24
const BAR = 14
const BOTTOM = 56
/** The scale ends at this many times better or worse than the goal; longer bars are cut off with an arrow. */
const FURTHEST = 16
const PLOT = WIDTH - LEFT - RIGHT
const GOAL_X = LEFT + PLOT / 2

type Judged = ResultRecord & { readonly value: number; readonly goal: NonNullable<ResultRecord['goal']> }

/**
 * How far each goal is met or missed: a bar for each record with a goal, on a logarithmic scale whose middle is
 * the goal. To the left is better.
 */
export function plot(records: readonly ResultRecord[], machine: Machine, measuredAt: string): string {
  const judged = records.filter((record): record is Judged => record.goal !== null && record.value !== null)
  const height = TOP + judged.length * ROW + BOTTOM
  const foot = TOP + judged.length * ROW
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Results of the benchmark against the goals">
<style>
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f }
  .title { font-size: 17px; font-weight: 600 }
  .quiet { fill: #656d76; font-size: 11.5px }
  .grid { stroke: #d0d7de }
  .goal { stroke: #24292f; stroke-width: 1.5 }
  .met { fill: #2da44e }
  .missed { fill: #d1492e }
  .missed-text { fill: #b0361d; font-weight: 600 }
  .stripe { fill: #818b98; fill-opacity: .08 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .goal { stroke: #e6edf3 }
    .met { fill: #3fb950 }
    .missed { fill: #f0715a }
    .missed-text { fill: #ff8e78 }
  }
</style>
<text class="title" x="16" y="28">Gateway against plain client: how far each goal is met</text>
<text class="quiet" x="16" y="48">Logarithmic; left of the line is better than the goal. Medians; absolute figures drift, ratios are the point.</text>
${grid(foot)}
${judged.map((record, i) => row(record, judged[i - 1], TOP + i * ROW)).join('\n')}
<line class="goal" x1="${GOAL_X}" y1="${TOP - 6}" x2="${GOAL_X}" y2="${foot + 4}"/>
<text class="quiet" x="16" y="${height - 16}">${escapeXml(`${measuredAt} · Node ${machine.node} · ${machine.cores} × ${machine.cpu} · broker, load generator and gateway on the same machine`)}</text>
</svg>
`
}

/** Where a value stands between the goal and `FURTHEST` times better (-1) or worse (1). */
export function distance({ value, goal }: Pick<Judged, 'value' | 'goal'>): number {
  const factor = goal.direction === 'at-most' ? value / goal.limit : goal.limit / value
  if (!(factor > 0)) return goal.direction === 'at-most' ? -1 : 1
  return Math.max(-1, Math.min(1, Math.log(factor) / Math.log(FURTHEST)))
}

function grid(foot: number): string {
  const marks: [number, string][] = [
    [-16, '16× better'],
    [-4, '4×'],
    [-2, '2×'],
    [1, 'goal'],
    [2, '2×'],
    [4, '4×'],
    [16, '16× worse'],
  ]
  return marks
    .map(([factor, label]) => {
      const at = (Math.sign(factor) * Math.log(Math.abs(factor))) / Math.log(FURTHEST)
      const x = fixed(GOAL_X + (at * PLOT) / 2)
      const text = `<text class="quiet" x="${x}" y="${TOP - 12}" text-anchor="middle">${label}</text>`
      return `<line class="grid" x1="${x}" y1="${TOP - 6}" x2="${x}" y2="${foot + 4}"/>${text}`
    })
    .join('\n')
}

function row(record: Judged, before: Judged | undefined, y: number): string {
  const at = distance(record)
  const length = Math.max(1, (Math.abs(at) * PLOT) / 2)
  const x = at < 0 ? GOAL_X - length : GOAL_X
  const middle = y + ROW / 2
  const textY = fixed(middle + 4.5)
  const name = before?.scenario === record.scenario ? '' : escapeXml(record.scenario)
  const value = `${quantity(record.value, record.unit)} (${goalText(record)})`
  return [
    `<rect class="stripe" x="8" y="${y + 1}" width="${WIDTH - 16}" height="${ROW - 2}" rx="3"/>`,
    `<text x="16" y="${textY}">${name}</text>`,
    `<text class="quiet" x="${LEFT - 14}" y="${textY}" text-anchor="end">${MEASURE_TITLES[record.measure]}</text>`,
    `<rect class="${record.met ? 'met' : 'missed'}" x="${fixed(x)}" y="${fixed(middle - BAR / 2)}" width="${fixed(length)}" height="${BAR}" rx="2"><title>${escapeXml(`${record.title}: ${value}`)}</title></rect>`,
    `<text${record.met ? '' : ' class="missed-text"'} x="${WIDTH - RIGHT + 18}" y="${textY}">${escapeXml(value)}</text>`,
  ].join('')
}

const fixed = (value: number) => String(Math.round(value * 10) / 10)

function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (character) => entities[character]!)
}
