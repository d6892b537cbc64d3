#!/usr/bin/env node
import { runCommand } from './command.js'
import { processTerminal } from './terminal.js'

// Not awaited: Node 24 would report a module that never finishes loading as an error of this file.
void runCommand(process.argv.slice(2), processTerminal()).then((code) => {
  // Exit explicitly after the output is flushed, because an application may have left handles open.
  process.stdout.write('', () => process.exit(code))
})
