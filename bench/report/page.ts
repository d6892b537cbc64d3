import { readFile, writeFile } from 'node:fs/promises'
import type { Report } from './save.js'
import { table } from './table.js'

/** What of a run is shown. */
type Results = Pick<Report, 'measuredAt' | 'machine' | 'results'>

const MARKED = /(<!-- bench -->\n).*?(\n<!-- \/bench -->)/s

/** What the page on performance says of a run: where and when it was measured, and its table. */
export function resultsIn({ measuredAt, machine, results }: Results): string {
  return `Measured on ${measuredAt} with Node ${machine.node} on ${machine.cores} cores (${machine.cpu}), broker and load generator
on the same cores. Medians over the rounds, gateway ÷ plain client unless there is a unit.

\`\`\`text
${table(results)}
\`\`\``
}

/** The page with the results of a run in the place of those it has. @throws Error where it has no markers */
function withResults(page: string, run: Results): string {
  if (!MARKED.test(page)) throw new Error('the page has no <!-- bench --> markers')
  return page.replace(MARKED, (_, begin: string, end: string) => begin + resultsIn(run) + end)
}

/** Writes the results of a run, as they are kept in `latest.json`, into a page. */
export async function saveInPage(kept: URL, page: URL): Promise<void> {
  const run = JSON.parse(await readFile(kept, 'utf8')) as Report
  await writeFile(page, withResults(await readFile(page, 'utf8'), run))
}
