import { PLAN_HELP } from './plan/help.js'

/** The output of `nemo-gateway --help`. */
export const HELP = `nemo-gateway: supervised integrations for Node, each on its own thread

Usage
  nemo-gateway run FILE|DIR     start the integrations of a configuration and watch them
  nemo-gateway check FILE|DIR   check a configuration without starting anything
  nemo-gateway plan FILE|DIR    show what a changed configuration would do to a gateway
  nemo-gateway apply PLAN|FILE  change a running gateway
  nemo-gateway schema           the JSON Schema of a configuration as an object, for editors
  nemo-gateway help [COMMAND]   this text, or the help of a command

Options
  --var NAME=VALUE   a value for a variable of the configuration; may be repeated
  --json             output for programs
  --help, -h         this text; after a command, the help of that command
  --version, -v      the version

Examples
  nemo-gateway check gateway.hcl
  nemo-gateway run gateway.hcl --var region=eu
  nemo-gateway run ./config --app ./app.mjs

Exit codes: 0 done, 1 the operation or the configuration failed, 2 wrong usage
`

/** The help of each command. */
export const COMMAND_HELP = {
  run: `nemo-gateway run FILE|DIR: start the integrations of a configuration and watch them

On a terminal it shows every integration and broker, redrawn in place; elsewhere it writes log lines.
Ctrl-C stops after accepted operations have finished, within 10 seconds; a second Ctrl-C stops at once.

Usage
  nemo-gateway run FILE|DIR [--watch] [--app FILE | --stdio | --socket PATH] [--var NAME=VALUE]...
                   [--json]

Options
  --watch            reload when a file of the configuration changes; SIGHUP reloads too
  --app FILE         a module that uses the gateway: its default export is called with the gateway once it
                     runs, and may return a function that is called before it shuts down; TypeScript is
                     loaded by Node 22.18 and later
  --stdio            a program drives the gateway: JSON-RPC 2.0 on stdin and stdout, one message a line;
                     the log goes to stderr; the end of the input drains and stops the gateway
  --socket PATH      the same for any number of programs that connect to a Unix socket
  --var NAME=VALUE   a value for a variable of the configuration; may be repeated
  --json             events as JSON lines on stdout; with --stdio and --socket on stderr
  --help, -h         this text

Examples
  nemo-gateway run gateway.hcl
  nemo-gateway run ./config --var region=eu --var replicas=3
  nemo-gateway run ./config --watch
  nemo-gateway run gateway.hcl --app ./app.mjs
      // app.mjs
      export default async (gateway) => {
        await gateway.pubsub('events').publish('started', { at: Date.now() })
      }
  nemo-gateway run gateway.hcl --json | jq 'select(.level == "error")'
  nemo-gateway run gateway.hcl --stdio
  nemo-gateway run gateway.hcl --socket /run/nemo.sock
`,
  check: `nemo-gateway check FILE|DIR: check a configuration without starting anything

All errors are reported at once on stderr. A folder means all *.hcl files in it.

Usage
  nemo-gateway check FILE|DIR [--var NAME=VALUE]... [--json]

Options
  --var NAME=VALUE   a value for a variable of the configuration; may be repeated
  --json             one JSON object on stdout: { "ok": …, "diagnostics": […] }
  --help, -h         this text

Examples
  nemo-gateway check gateway.hcl
  nemo-gateway check ./config --var region=eu
  nemo-gateway check gateway.hcl --json | jq '.diagnostics[].message'
`,
  ...PLAN_HELP,
  schema: `nemo-gateway schema: print the JSON Schema of a configuration as an object

It describes the object that Gateway.start accepts: every block with its attributes, defaults and documentation.
Editors use it for completion and hints.

Usage
  nemo-gateway schema

Options
  --help, -h         this text

Examples
  nemo-gateway schema > nemo-gateway.schema.json
`,
} as const

export type CommandName = keyof typeof COMMAND_HELP
