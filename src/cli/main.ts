#!/usr/bin/env node
import { runCommand } from './command.js'
import { processTerminal } from './terminal.js'

// Not awaited here: of a module that never finishes loading Node 24 says so itself, about this file.
void runCommand(process.argv.slice(2), processTerminal()).then((code) => {
  // An application may have left something that would keep the process; what was written goes out first.
  process.stdout.write('', () => process.exit(code))
})
