import { goalText, MEASURE_TITLES, quantity, verdict } from './format.js'
import type { ResultRecord } from './judge.js'

const HEAD = ['scenario', 'measure', 'median', 'rounds', 'goal', '']
/** Columns of numbers, which are aligned on the right. */
const RIGHT = new Set([2, 3, 4])

/** The note that goes with every report. */
export const NOTE =
  'Ratios are gateway ÷ plain client, measured in turns in the same run; medians over the rounds. ' +
  'Absolute figures drift from machine to machine and from run to run.'

/** The records as an aligned table, a line each. */
export function table(records: readonly ResultRecord[]): string {
  const rows = records.map((record, i) => [
    records[i - 1]?.scenario === record.scenario ? '' : record.scenario,
    MEASURE_TITLES[record.measure],
    record.value === null ? '–' : quantity(record.value, record.unit),
    record.spread === null ? '' : record.spread.map((value) => quantity(value, 'ratio')).join(' … '),
    goalText(record),
    verdict(record),
  ])
  const widths = HEAD.map((head, column) =>
    Math.max(...[HEAD, ...rows].map((row) => row[column]!.length), head.length),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (RIGHT.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [line(HEAD), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}

/** How many goals are met, in a sentence. */
export function summary(records: readonly ResultRecord[]): string {
  const judged = records.filter(({ met }) => met !== null)
  return `${judged.filter(({ met }) => met).length} of ${judged.length} goals met`
}
