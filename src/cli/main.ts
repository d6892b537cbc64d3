#!/usr/bin/env node
import { runCommand } from './command.js'
import { processTerminal } from './terminal.js'

// A reader that goes away, such as `head`, is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const code = await runCommand(process.argv.slice(2), processTerminal())
// An application may have left something that would keep the process; what was written goes out first.
process.stdout.write('', () => process.exit(code))
