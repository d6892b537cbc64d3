#!/usr/bin/env node
import { runCommand } from './command.js'
import { processTerminal } from './terminal.js'

const code = await runCommand(process.argv.slice(2), processTerminal())
// An application may have left something that would keep the process; what was written goes out first.
process.stdout.write('', () => process.exit(code))
