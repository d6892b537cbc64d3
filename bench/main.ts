import { choose, readArguments, USAGE } from './arguments.js'
import { FULL, QUICK } from './measure/plan.js'
import { busyWarning, machine } from './report/machine.js'
import { saveInPage } from './report/page.js'
import { report, save } from './report/save.js'
import { NOTE, summary, table } from './report/table.js'
import { runScenarios } from './run.js'
import { SCENARIOS } from './scenarios/index.js'

/** Where results are kept, seen from `dist/bench`. */
const RESULTS = new URL('../../bench/results/', import.meta.url)
/** Where they are shown. */
const PAGE = new URL('../../docs/performance.md', import.meta.url)

const print = (text: string) => void process.stdout.write(`${text}\n`)
const tell = (text: string) => void process.stderr.write(text)

async function main(argv: readonly string[]): Promise<number> {
  const options = readArguments(argv)
  if (options.help) print(USAGE)
  if (options.list) print(SCENARIOS.map(({ name, title }) => `${name.padEnd(26)}${title}`).join('\n'))
  if (options.help || options.list) return 0

  const chosen = choose(SCENARIOS, options.filters)
  const here = machine()
  const warning = busyWarning(here)
  if (warning !== undefined) tell(`${warning}\n`)
  const outcomes = await runScenarios(chosen, options.quick ? QUICK : FULL, ({ title }, outcome) => {
    if (outcome === undefined) tell(`${title} … `)
    else tell(outcome.ok ? 'done\n' : `FAILED: ${outcome.reason}\n`)
  })
  const records = [...outcomes.values()].flatMap((outcome) => (outcome.ok ? outcome.records : []))
  const failures = [...outcomes].flatMap(([{ name }, outcome]) =>
    outcome.ok ? [] : [{ scenario: name, reason: outcome.reason }],
  )
  const run = report(here, records, failures)
  if (options.json) print(JSON.stringify(run))
  else print(`\n${table(records)}\n\n${summary(records)}. ${NOTE}`)

  const whole = !options.quick && chosen.length === SCENARIOS.length && failures.length === 0
  if (whole || options.save) {
    await save(run, RESULTS)
    await saveInPage(new URL('latest.json', RESULTS), PAGE)
  }
  return failures.length > 0 ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  tell(`${(error as Error).message}\n`)
  process.exitCode = 2
}
