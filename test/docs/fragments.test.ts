import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { type Fence, fencesOf, guides, ROOT } from './markdown.js'

/** What a fragment without imports may take for granted. */
const PRELUDE = `
import type { Gateway } from 'nemo-gateway'
declare const gateway: Gateway
declare const order: unknown
declare function handle(value: unknown): Promise<void>
`
const COMPLIANCE = 'declare const port: number\n'
/** Said of JavaScript only because it cannot say what it expects. */
const OF_JAVASCRIPT = new Set([2531, 2532, 2794, 7006, 7031, 18_047, 18_048])

const folder = join(ROOT, '.cache', 'docs-fragments')
const fences = (await guides()).flatMap(fencesOf).filter(({ language }) => /^[jt]s$/.test(language))
const nameOf = ({ page, line, language }: Fence) =>
  join(folder, `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${line}.${language}.ts`)
const blocks = new Map(fences.map((fence) => [nameOf(fence), moduleOf(fence)]))

function moduleOf({ code }: Fence): string {
  const isWhole = /^import .* from 'nemo-gateway/m.test(code)
  return `${code}\n${isWhole ? COMPLIANCE : PRELUDE}export {}\n`
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.es2024.sharedmemory.d.ts'],
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules/@types')],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  paths: {
    'nemo-gateway': [join(ROOT, 'src/index.ts')],
    'nemo-gateway/adapter': [join(ROOT, 'src/adapter.ts')],
    'nemo-gateway/testing': [join(ROOT, 'src/testing/index.ts')],
  },
}

const host = ts.createCompilerHost(options)
const { fileExists, readFile, getSourceFile } = host
host.fileExists = (path) => blocks.has(path) || fileExists(path)
host.readFile = (path) => blocks.get(path) ?? readFile(path)
host.getSourceFile = (path, ...rest) => {
  const text = blocks.get(path)
  return text === undefined ? getSourceFile(path, ...rest) : ts.createSourceFile(path, text, rest[0])
}
const program = ts.createProgram([...blocks.keys()], options, host)

test.each(fences)('the code at $page:$line has the types of the package', (fence) => {
  const file = program.getSourceFile(nameOf(fence))!
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
  const faults = found.filter((fault) => fence.language === 'ts' || !isOfJavaScript(fault))
  expect(faults.map(textOf)).toEqual([])
})

function isOfJavaScript(fault: ts.Diagnostic): boolean {
  return OF_JAVASCRIPT.has(fault.code) || /\bunknown\b/.test(textOf(fault))
}

function textOf({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n')
}
