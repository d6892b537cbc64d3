/** The help of the commands `plan` and `apply`. */
export const PLAN_HELP = {
  plan: `nemo-gateway plan FILE|DIR: show what a changed configuration would do to a gateway

Nothing is changed. Each block has a line, and below it the attributes that differ:
  + create  ~ in place  ↻ reconnect  ± replace  - remove  = unchanged

Usage
  nemo-gateway plan FILE|DIR --from OLD [--var NAME=VALUE]... [--json] [--detailed-exitcode]
  nemo-gateway plan FILE|DIR --socket PATH [--out PLAN] [--var NAME=VALUE]... [--json] [--detailed-exitcode]

Options
  --from OLD            compare with another file or folder
  --socket PATH         compare with a gateway that runs with --socket PATH; shows the price of each change too
  --out PLAN            write the plan to a file that apply carries out
  --var NAME=VALUE      a value for a variable; may be repeated; with --socket the gateway keeps its other values
  --json                one JSON object on stdout
  --detailed-exitcode   exit code 0 if there is nothing to do, 2 if there are changes
  --help, -h            this text

Examples
  nemo-gateway plan gateway.hcl --from gateway.old.hcl
  nemo-gateway plan gateway.hcl --socket /run/nemo.sock --out change.plan
  nemo-gateway plan ./config --socket /run/nemo.sock --json | jq .summary

Exit codes: 0 done, 1 an error or a change that a reload refuses, 2 wrong usage or changes
`,
  apply: `nemo-gateway apply PLAN|FILE|DIR: change a running gateway

Carries out a plan that plan --out has written, or changes the gateway to a file or folder. A plan is refused if the
gateway runs another configuration than when the plan was made, or if the files have changed. After a refusal
nothing has changed.

Usage
  nemo-gateway apply PLAN [--socket PATH] [--var NAME=VALUE]... [--json]
  nemo-gateway apply FILE|DIR --socket PATH [--var NAME=VALUE]... [--json]

Options
  --socket PATH      the socket of the gateway; default for a plan: the one that it was made with
  --var NAME=VALUE   a value for a variable; may be repeated; a plan needs those that it was made with
  --json             one JSON object on stdout
  --help, -h         this text

Examples
  nemo-gateway apply change.plan
  nemo-gateway apply gateway.hcl --socket /run/nemo.sock

Exit codes: 0 done, 1 the reload was refused, 2 wrong usage
`,
} as const
