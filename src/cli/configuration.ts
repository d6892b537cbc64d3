import { extname } from 'node:path'
import { type CheckedConfig, checkWithModules, type LoadOptions } from '../config/load.js'
import type { NoteFile } from '../core/note-file.js'
import { schemaFaults } from '../gateway-schemas.js'
import { addressFaults } from './addresses.js'
import type { CommandOptions } from './usage.js'

/** Languages of configurations by file extension, which are not HCL. */
const OTHER_LANGUAGES: Readonly<Record<string, string>> = {
  '.json': 'JSON',
  '.json5': 'JSON5',
  '.jsonc': 'JSON',
  '.yaml': 'YAML',
  '.yml': 'YAML',
  '.toml': 'TOML',
}

/** Where a configuration is, and the values of its variables. */
type Configured = Pick<CommandOptions, 'path'> & Pick<LoadOptions, 'variables' | 'inherited'>

/** A shell makes a pipe for `<(…)`. A gateway that runs already reads none, because it would wait for its end. */
const READ_BY_COMMAND = { acceptsPipe: true } as const

const FAULTY = { ok: false, variables: new Set<string>() } as const

/**
 * Reads and checks the configuration of a command. Reports a file in another language once, not for each of its
 * lines.
 * @param noteFile called with each file before it is read
 */
export async function readConfiguration(
  { path, variables = {}, inherited = {} }: Configured,
  noteFile?: NoteFile,
): Promise<CheckedConfig> {
  const language = OTHER_LANGUAGES[extname(path).toLowerCase()]
  if (language === undefined)
    return checkWithModules(path, { ...READ_BY_COMMAND, variables, inherited, ...(noteFile && { noteFile }) })
  const message = `expected an HCL file such as gateway.hcl, or a folder with *.hcl files, found a ${language} file`
  return { ...FAULTY, diagnostics: [{ severity: 'error', file: path, line: 0, column: 0, message }] }
}

/** Like `readConfiguration`, but also checks addresses and the schemas of payloads. */
export async function checkConfiguration(options: Configured): Promise<CheckedConfig> {
  const checked = await readConfiguration(options)
  if (!checked.ok) return checked
  const faults = [...addressFaults(options.path, checked.config), ...(await schemaFaults(checked.config))]
  return faults.length === 0
    ? checked
    : { ...FAULTY, variables: checked.variables, diagnostics: [...checked.diagnostics, ...faults] }
}
