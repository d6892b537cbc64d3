import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface BenchArguments {
  /** Parts of names of scenarios; all scenarios when empty. */
  readonly filters: readonly string[]
  readonly quick: boolean
  readonly json: boolean
  /** Keep the results although not everything ran. */
  readonly save: boolean
  readonly list: boolean
  readonly help: boolean
}

export const USAGE = `Usage: npm run bench -- [options] [scenario …]

Measures the gateway against the plain clients. A scenario is chosen by any part of its name; without one all run.

  --quick   short rounds: for a look, not for quoting
  --json    the results as JSON instead of a table
  --save    keep the results in bench/results and docs/performance.md even when not every scenario ran in full length
  --list    the names of the scenarios
  --help    this text
`

/** @throws TypeError for an unknown option */
export function readArguments(argv: readonly string[]): BenchArguments {
  const flag = { type: 'boolean', default: false } as const
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { quick: flag, json: flag, save: flag, list: flag, help: flag },
  })
  return { ...values, filters: positionals }
}

/** The scenarios that are asked for, in their own order. @throws RangeError for a filter that finds none */
export function choose<S extends { readonly name: string }>(
  scenarios: readonly S[],
  filters: readonly string[],
): readonly S[] {
  for (const filter of filters) {
    if (!scenarios.some(({ name }) => name.includes(filter)))
      throw new RangeError(
        `no scenario matches ${JSON.stringify(filter)}; there are ${scenarios.map(({ name }) => name).join(', ')}`,
      )
  }
  if (filters.length === 0) return scenarios
  return scenarios.filter(({ name }) => filters.some((filter) => name.includes(filter)))
}
