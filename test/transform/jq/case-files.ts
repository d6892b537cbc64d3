import { readdirSync, readFileSync } from 'node:fs'

/** A case of jq's own tests: what a program makes of an input, or that it is refused. */
export interface JqCase {
  readonly file: string
  readonly line: number
  readonly program: string
  /** Absent where the program is to be refused. */
  readonly run?: { readonly input: string; readonly results: readonly string[] }
}

const FOLDER = new URL('../../../../test/transform/jq/cases/', import.meta.url)

/** All cases, in the order of the files. */
export function readCases(): readonly JqCase[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.test'))
    .flatMap((name) => casesOf(name, readFileSync(new URL(name, FOLDER), 'utf8')))
}

/** Paragraphs of lines: program, input, results; or `%%FAIL`, program, message. */
function casesOf(file: string, text: string): readonly JqCase[] {
  const cases: JqCase[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const first = lines[at] as string
    if (first.trim() === '' || first.startsWith('#')) continue
    let end = at
    while ((lines[end] ?? '').trim() !== '') end++
    const line = at + 1
    if (first.startsWith('%%FAIL')) cases.push({ file, line, program: lines[at + 1] as string })
    else {
      const results = lines.slice(at + 2, end).filter((result) => !result.startsWith('#'))
      cases.push({
        file,
        line,
        program: first,
        run: { input: (lines[at + 1] as string).replace(/^\ufeff/, ''), results },
      })
    }
    at = end
  }
  return cases
}
