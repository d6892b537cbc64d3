import type { Diagnostic } from '../core/diagnostic.js'
import { ConfigError } from '../core/errors/config.js'
import { withoutUserInfo } from '../core/user-info.js'
import { assemble } from './assemble.js'
import { readDocument } from './document.js'
import { type FileOptions, readFiles, type SourceFile } from './files.js'
import type { GatewayConfig } from './gateway-config.js'
import { Diagnostics, formatDiagnostics } from './hcl/diagnostics.js'
import type { Body } from './hcl/index.js'
import { withMaskedLine } from './mask-diagnostic.js'
import { AdapterModules, type ModuleFinder, NO_MODULES } from './modules/adapter-modules.js'
import { bodyOfObject } from './object-body.js'
import type { ConfigSource } from './options.js'
import { isPath, OPTIONS, pathIn } from './spans.js'
import { variableUses } from './variable-uses.js'

export interface LoadOptions extends FileOptions {
  /** Values for the `variable` blocks. Strings are converted to the type of the variable. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** Like `variables`, but a name that the configuration does not know is ignored. */
  readonly inherited?: Readonly<Record<string, unknown>>
  /** Environment that `env.X` reads. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Result of a check. `config` is present if there is no error; `diagnostics` may hold warnings either way. */
export type CheckedConfig =
  | ({ readonly ok: true; readonly config: GatewayConfig } & CheckedParts)
  | ({ readonly ok: false } & CheckedParts)

interface CheckedParts {
  readonly diagnostics: readonly Diagnostic[]
  /** Names of variables that the configuration knows: those of its blocks and of its expressions. */
  readonly variables: ReadonlySet<string>
}

/** A configuration without errors. */
export interface LoadedConfig {
  readonly config: GatewayConfig
  readonly warnings: readonly Diagnostic[]
}

/**
 * Reads and checks a configuration without starting anything. Returns all errors and warnings with their places and
 * without secrets; never throws for the content of the configuration.
 * @param modules finds custom adapters; without it there are none
 */
export function checkConfig(
  source: ConfigSource,
  options: LoadOptions = {},
  modules: ModuleFinder = NO_MODULES,
): CheckedConfig {
  return checkRead(readSource(source, options), options, modules)
}

/** A configuration as it was read. It is read once, because a file may be a pipe. */
interface ReadSource {
  readonly bodies: readonly Body[]
  readonly files: ReadonlyMap<string, SourceFile>
  readonly found: readonly Diagnostic[]
}

function readSource(source: ConfigSource, options: FileOptions): ReadSource {
  const diagnostics = new Diagnostics()
  const files =
    typeof source === 'string' ? readFiles(source, diagnostics, options) : new Map<string, SourceFile>()
  const bodies =
    typeof source === 'string'
      ? [...files.values()].map(({ body }) => body)
      : [bodyOfObject(source, diagnostics)]
  return { bodies, files, found: diagnostics.items }
}

function checkRead(
  { bodies, files, found: faults }: ReadSource,
  options: LoadOptions,
  modules: ModuleFinder,
): CheckedConfig {
  const diagnostics = new Diagnostics()
  for (const fault of faults) diagnostics.add(fault)
  const document = readDocument(bodies, diagnostics)
  const used = variableUses(bodies)
  const variables = new Set([...used, ...document.variable.map(({ labels }) => labels[0]!.value)])
  const inherited = Object.entries(options.inherited ?? {}).filter(([name]) => variables.has(name))
  const surroundings = {
    variables: { ...Object.fromEntries(inherited), ...options.variables },
    env: options.env ?? process.env,
    used,
    modules,
  }
  const config = assemble(document, surroundings, diagnostics)
  const found = { diagnostics: diagnostics.sorted().map((each) => presentable(each, files)), variables }
  return diagnostics.hasErrors ? { ok: false, ...found } : { ok: true, config, ...found }
}

/** Like `checkConfig`, but imports the modules of custom adapters for their manifests. */
export async function checkWithModules(
  source: ConfigSource,
  options: LoadOptions = {},
): Promise<CheckedConfig> {
  const modules = new AdapterModules()
  const read = readSource(source, options)
  let checked = checkRead(read, options, modules)
  // A loaded module may make further modules known.
  while (await modules.load()) checked = checkRead(read, options, modules)
  return checked
}

/**
 * Reads a configuration from an HCL file, a folder with `*.hcl` files, or an object of the same shape. Every
 * default is filled in.
 * @throws ConfigError with all errors and warnings at once and a readable message
 */
export async function loadConfig(source: ConfigSource, options: LoadOptions = {}): Promise<LoadedConfig> {
  const checked = await checkWithModules(source, options)
  if (checked.ok) return { config: checked.config, warnings: checked.diagnostics }
  const errors = new Diagnostics()
  for (const diagnostic of checked.diagnostics) if (diagnostic.severity === 'error') errors.add(diagnostic)
  const count = errors.items.length === 1 ? '1 error' : `${errors.items.length} errors`
  throw new ConfigError(`the configuration has ${count}\n\n${formatDiagnostics(errors)}`, checked.diagnostics)
}

/** Prepares a diagnostic for display: masks secrets, and shows the path in place of a line for an object. */
function presentable(diagnostic: Diagnostic, files: ReadonlyMap<string, SourceFile>): Diagnostic {
  if (!isPath(diagnostic.file)) {
    const file = files.get(diagnostic.file)
    return file === undefined ? diagnostic : withMaskedLine(diagnostic, file.line(diagnostic.line))
  }
  const { source: _, endLine: __, endColumn: ___, ...rest } = diagnostic
  const path = pathIn(diagnostic.file)
  const message = path === '' ? rest.message : `${withoutUserInfo(path)}: ${rest.message}`
  return { ...rest, file: OPTIONS, line: 0, column: 0, message }
}
