import { COMMAND_HELP, HELP } from './help.js'
import { isLaunched, launch } from './launcher.js'
import type { Terminal } from './terminal.js'
import { readUsage } from './usage.js'
import { version } from './version.js'

/** Runs a command line. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const usage = readUsage(args)
  switch (usage.kind) {
    case 'help':
      terminal.out(usage.command === undefined ? HELP : COMMAND_HELP[usage.command])
      return 0
    case 'version':
      terminal.out(`${version()}\n`)
      return 0
    case 'wrong': {
      const help =
        usage.command === undefined ? 'nemo-gateway --help' : `nemo-gateway ${usage.command} --help`
      const hint = usage.hint === undefined ? '' : `${usage.hint}\n`
      terminal.err(`nemo-gateway: ${usage.reason}\n${hint}See ${help}\n`)
      return 2
    }
    case 'schema':
      return printSchema(terminal)
    case 'command':
      // Loaded on demand, because help and the launcher do not need the gateway.
      if (usage.command === 'plan') return (await import('./plan/plan.js')).plan(usage, terminal)
      if (usage.command === 'apply') return (await import('./plan/apply.js')).apply(usage, terminal)
      if (usage.command === 'check') return (await import('./check.js')).check(usage, terminal)
      if (usage.stdio || usage.socket !== undefined)
        return (await import('./embed.js')).embed(usage, terminal)
      // Only an application can block the thread, so that only it needs the launcher.
      if (usage.app !== undefined && !isLaunched()) return launch(terminal, usage.watch === true)
      return (await import('./run.js')).run(usage, terminal)
  }
}

/** Prints the JSON Schema. Loaded on demand, like the other commands. */
async function printSchema(terminal: Terminal): Promise<number> {
  const { configurationSchema } = await import('../config/json-schema.js')
  terminal.out(`${JSON.stringify(configurationSchema(), undefined, 2)}\n`)
  return 0
}
