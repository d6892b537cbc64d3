import { readRegularFileNow } from '../../core/read-file.js'
import type { ScriptFunction, ScriptSettings } from '../../core/settings/script.js'
import { didYouMean } from '../hcl/diagnostics.js'
import { exportsOf } from '../modules/exports-of.js'
import { unknownFinding } from '../names.js'
import type { Node } from '../node.js'
import { nameIn } from '../reading/late.js'
import { type AnySection, type Named, Section } from '../reading/section.js'
import { script } from '../schema/script.js'
import { toSettings } from '../schema/settings.js'
import { scriptFunctionOf } from '../script-function.js'

/** Reads a `script` block; returns `undefined` without a path. */
export function readScript(block: Named): ScriptSettings | undefined {
  const section = new Section(script, block)
  const { path } = section.values
  if (path === undefined) return undefined
  if (/\.[cm]?ts$/.test(path) && !canStripTypes())
    section.fault(section.node('path')!.span, {
      message: `Node ${process.versions.node} cannot run TypeScript`,
      expected: 'a file of JavaScript',
      hint: 'compile the script, or use Node 22.18 or newer',
    })
  return { ...toSettings(section.schema, section.values), name: block.name }
}

/** Whether this Node runs TypeScript without a flag. */
function canStripTypes(): boolean {
  const { typescript } = process.features as { readonly typescript?: unknown }
  return typescript !== undefined && typescript !== false
}

/** The scripts of a configuration, as those that name their functions need them. */
export class ScriptContext {
  /** The names of all `script` blocks, also of those with errors. */
  readonly #names: ReadonlySet<string>
  readonly #scripts: ReadonlyMap<string, ScriptSettings>
  readonly #exports = new Map<string, ReadonlySet<string> | undefined>()

  constructor(names: ReadonlySet<string>, scripts: readonly ScriptSettings[]) {
    this.#names = names
    this.#scripts = new Map(scripts.map((each) => [each.name, each]))
  }

  get isEmpty(): boolean {
    return this.#names.size === 0
  }

  /** Reads `script.NAME.FUNCTION`, as a reference or as text. Reports a name that does not exist. */
  read(node: Node, section: AnySection): ScriptFunction | undefined {
    const named = this.#parse(node)
    if (named === undefined) {
      if (node.content.kind !== 'faulty')
        section.fault(node.span, {
          message: 'wrong name of a function of a script',
          expected: 'script.NAME.FUNCTION, or that in double quotes',
        })
      return undefined
    }
    if (!this.#names.has(named.script)) {
      // The name in a reference has been checked already.
      if (node.content.kind === 'scalar')
        section.fault(node.span, unknownFinding('script', named.script, this.#names))
      return undefined
    }
    const exported = this.#exportsOf(named.script)
    if (exported === undefined || exported.has(named.function)) return named
    const near = didYouMean(named.function, [...exported])
    section.fault(node.span, {
      message: `the script "${named.script}" exports no function "${named.function}"`,
      expected: exported.size === 0 ? 'an export, and there is none' : `one of ${[...exported].join(', ')}`,
      ...(near !== undefined && { hint: `did you mean "${near}"?` }),
    })
    return undefined
  }

  #parse({ content }: Node): ScriptFunction | undefined {
    const text =
      content.kind === 'scalar' && typeof content.value === 'string'
        ? content.value
        : content.kind === 'late'
          ? qualified(nameIn(content.value, 'script'))
          : undefined
    return text === undefined ? undefined : scriptFunctionOf(text)
  }

  #exportsOf(name: string): ReadonlySet<string> | undefined {
    if (!this.#exports.has(name)) this.#exports.set(name, readExports(this.#scripts.get(name)?.path))
    return this.#exports.get(name)
  }
}

function qualified(name: string | undefined): string | undefined {
  return name && `script.${name}`
}

function readExports(path: string | undefined): ReadonlySet<string> | undefined {
  try {
    return path === undefined ? undefined : exportsOf(readRegularFileNow(path).toString())
  } catch {
    // The attribute "path" has an error.
    return undefined
  }
}
