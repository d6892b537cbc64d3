import { systemClock } from '../core/clock.js'
import { EmbeddingHost } from '../embed/host.js'
import { watchParent } from '../embed/parent-watch.js'
import { listenAt, type SocketServer } from '../embed/socket-server.js'
import { Gateway } from '../gateway.js'
import { readConfiguration } from './configuration.js'
import { endIfStuck } from './end-stuck.js'
import { rowsOf } from './gateway-view.js'
import { jsonOutput, lineOutput, type Output } from './output.js'
import { reportDiagnostics } from './report.js'
import { stopRequested } from './stop-signals.js'
import { boundedStderr, type Terminal } from './terminal.js'
import type { CommandOptions } from './usage.js'
import { version } from './version.js'

/** Exit code of a shell for an interrupted process. */
const INTERRUPTED = 130

/**
 * Runs the command `run` for a program that drives the gateway over stdio or a socket. All output for people goes to
 * stderr.
 * @returns the exit code
 */
export async function embed(options: CommandOptions, terminal: Terminal): Promise<number> {
  const parent = process.ppid
  const checked = await readConfiguration(options)
  if (!checked.ok) {
    if (options.json) terminal.err(`${JSON.stringify({ ok: false, diagnostics: checked.diagnostics })}\n`)
    else reportDiagnostics(checked.diagnostics, terminal)
    return 1
  }
  const log = { ...terminal, out: boundedStderr() }
  const output = options.json ? jsonOutput(log, systemClock) : lineOutput(log, systemClock)
  let gateway: Gateway | undefined
  try {
    gateway = await Gateway.startChecked(checked.config, checked.diagnostics, {
      logger: (record) => output.record(record),
    })
    const code = await serve(gateway, parent, options, output)
    await endIfStuck(gateway, systemClock, terminal)
    return code
  } catch (error) {
    await gateway?.shutdown()
    terminal.err(`nemo-gateway: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

/** Serves clients until the gateway has stopped. @returns the exit code */
async function serve(
  gateway: Gateway,
  parent: number,
  { socket }: CommandOptions,
  output: Output,
): Promise<number> {
  const host = new EmbeddingHost(gateway, version(), (record) => output.record(record))
  const stop = () => {
    output.ending()
    void host.stop()
  }
  const watch = watchParent(systemClock, parent, () => process.ppid, stop)
  void stopRequested(false, systemClock, () => process.exit(INTERRUPTED)).then(stop)
  let server: SocketServer | undefined
  if (socket === undefined) void host.serveOwner({ input: process.stdin, output: process.stdout })
  else server = await listenAt(socket, (stream) => host.serve(stream))
  output.begin({ rows: () => rowsOf(gateway.metrics()) })
  await host.stopped
  watch.cancel()
  server?.close()
  const isRead = await host.flushed()
  output.end()
  // The runtime would wait for output that the client does not read.
  if (!isRead) process.exit(1)
  return 0
}
