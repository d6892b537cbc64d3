#!/usr/bin/env node
import { runCommand } from './command.js'
import { exitWith, processTerminal } from './terminal.js'

// Not awaited: Node 24 would report a module that never finishes loading as an error of this file. Exits explicitly,
// because an application may have left handles open.
void runCommand(process.argv.slice(2), processTerminal()).then(exitWith)
