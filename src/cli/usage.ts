import { parseArgs } from 'node:util'
import { didYouMean } from '../config/hcl/diagnostics.js'
import { COMMAND_HELP, type CommandName } from './help.js'
import { type PlanOptions, planOptions, planUsageFault } from './plan/usage.js'

/** The meaning of a command line. */
export type Usage =
  | { readonly kind: 'help'; readonly command?: CommandName }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'wrong'
      readonly reason: string
      readonly hint?: string
      readonly command?: CommandName
    }
  | ({ readonly kind: 'command'; readonly command: Exclude<CommandName, 'schema'> } & CommandOptions)
  | { readonly kind: 'schema' }

/** Options of every command. */
export interface CommandOptions extends PlanOptions {
  /** Path of the configuration: a file or a folder. */
  readonly path: string
  readonly variables: Readonly<Record<string, string>>
  readonly json: boolean
  /** Whether a change of a file of the configuration reloads it; only for `run`. */
  readonly watch?: boolean
  /** Module that uses the gateway; only for `run`. */
  readonly app?: string
  /** Whether a program drives the gateway over stdin and stdout; only for `run`. */
  readonly stdio?: boolean
  /** Path of a Unix socket: for `run` where programs drive the gateway, for `plan` and `apply` where one runs. */
  readonly socket?: string
}

const OPTIONS = {
  var: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  watch: { type: 'boolean' },
  app: { type: 'string' },
  stdio: { type: 'boolean' },
  socket: { type: 'string' },
  from: { type: 'string' },
  out: { type: 'string' },
  'detailed-exitcode': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

type OptionName = keyof typeof OPTIONS

const ALLOWED: Readonly<Record<CommandName, readonly OptionName[]>> = {
  run: ['var', 'json', 'watch', 'app', 'stdio', 'socket', 'help'],
  check: ['var', 'json', 'help'],
  plan: ['var', 'json', 'from', 'socket', 'out', 'detailed-exitcode', 'help'],
  apply: ['var', 'json', 'socket', 'help'],
  schema: ['help'],
}

/** Parses the arguments of the process. Never throws: wrong usage is a result. */
export function readUsage(args: readonly string[]): Usage {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    tokens: true,
  })
  const asksForHelp = positionals[0] === 'help'
  const [name, path, surplus] = asksForHelp ? positionals.slice(1) : positionals
  const command = isCommand(name) ? name : undefined
  const wrong = (reason: string, near?: string): Usage => ({
    kind: 'wrong',
    reason,
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    ...(command === undefined ? {} : { command }),
  })
  if ((asksForHelp || values.help === true) && (name === undefined || command !== undefined))
    return { kind: 'help', ...(command === undefined ? {} : { command }) }
  if (values.version === true && name === undefined) return { kind: 'version' }
  if (name !== undefined && command === undefined)
    return wrong(`unknown command "${name}"`, didYouMean(name, [...Object.keys(COMMAND_HELP), 'help']))
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const fault = optionFault(token, command)
    if (fault !== undefined) return wrong(fault.reason, fault.near)
  }
  if (command === undefined) return wrong('missing command: expected run, check, plan, apply or schema')
  if (command === 'schema')
    return path === undefined ? { kind: 'schema' } : wrong(`schema takes no file, found "${path}"`)
  if (path === undefined)
    return wrong(
      `${command} needs ${command === 'apply' ? 'a plan, or ' : ''}the configuration: a file or a folder`,
    )
  const planFault = planUsageFault(command, values)
  if (planFault !== undefined) return wrong(planFault)
  if (surplus !== undefined) return wrong(`${command} takes one file or folder, found "${surplus}" as well`)
  const variables: Record<string, string> = {}
  for (const given of (values.var ?? []) as string[]) {
    const at = given.indexOf('=')
    // The value may be secret, and without a sign all of it, so that it is not shown.
    if (at <= 0) return wrong('--var expects NAME=VALUE')
    variables[given.slice(0, at)] = given.slice(at + 1)
  }
  const app = values.app as string | undefined
  const socket = values.socket as string | undefined
  const drivers = [app && '--app', values.stdio && '--stdio', socket && '--socket'].filter(Boolean)
  if (drivers.length > 1) return wrong(`run takes one of ${drivers.join(' and ')}`)
  return {
    kind: 'command',
    command,
    path,
    variables,
    json: values.json === true,
    ...(values.watch === true && { watch: true }),
    ...(app !== undefined && { app }),
    ...(values.stdio === true && { stdio: true }),
    ...(socket !== undefined && { socket }),
    ...planOptions(values),
  }
}

function optionFault(
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined },
  command: CommandName | undefined,
): { reason: string; near?: string | undefined } | undefined {
  const { name, rawName, value } = token
  const allowed: readonly string[] = command === undefined ? ['help', 'version'] : ALLOWED[command]
  if (!Object.hasOwn(OPTIONS, name)) {
    const near = didYouMean(name, allowed)
    return { reason: `unknown option ${rawName}`, near: near && `--${near}` }
  }
  if (!allowed.includes(name))
    return {
      reason: command === undefined ? `${rawName} needs a command` : `${command} has no option ${rawName}`,
    }
  const needsValue = OPTIONS[name as OptionName].type === 'string'
  if (needsValue && (value === undefined || value === '')) return { reason: `${rawName} needs a value` }
  return !needsValue && value !== undefined ? { reason: `${rawName} takes no value` } : undefined
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(COMMAND_HELP, name)
}
