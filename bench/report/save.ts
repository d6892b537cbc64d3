import { mkdir, writeFile } from 'node:fs/promises'
import type { ResultRecord } from './judge.js'
import type { Machine } from './machine.js'
import { plot } from './svg.js'
import { NOTE } from './table.js'

/** A whole run, as it is kept. */
export interface Report {
  readonly measuredAt: string
  readonly note: string
  readonly machine: Machine
  readonly results: readonly ResultRecord[]
  /** Scenarios that could not be run, with the reason. */
  readonly failures: readonly { readonly scenario: string; readonly reason: string }[]
}

/** The run of today. */
export function report(
  machine: Machine,
  results: Report['results'],
  failures: Report['failures'],
  now = new Date(),
): Report {
  return { measuredAt: now.toISOString().slice(0, 10), note: NOTE, machine, results, failures }
}

/** Writes `latest.json` and `latest.svg` into a folder. */
export async function save(run: Report, folder: URL): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL('latest.json', folder), `${JSON.stringify(run, rounded, 2)}\n`)
  await writeFile(new URL('latest.svg', folder), plot(run.results, run.machine, run.measuredAt))
}

/** Four significant digits: more would pretend. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
