import { systemClock } from '../core/clock.js'
import { EmbeddingHost } from '../embed/host.js'
import { watchParent } from '../embed/parent-watch.js'
import { listenAt, type SocketServer } from '../embed/socket-server.js'
import { Gateway } from '../gateway.js'
import { ReadFiles } from '../watch/read-files.js'
import { readConfiguration } from './configuration.js'
import { endIfStuck } from './end-stuck.js'
import { rowsOf } from './gateway-view.js'
import { jsonOutput, lineOutput, type Output } from './output.js'
import { reloadOnRequest } from './reloading.js'
import { reportDiagnostics } from './report.js'
import { type SignalRequests, signalRequests } from './stop-signals.js'
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
  const files = new ReadFiles()
  const checked = await readConfiguration(options, files.note)
  if (!checked.ok) {
    if (options.json) terminal.err(`${JSON.stringify({ ok: false, diagnostics: checked.diagnostics })}\n`)
    else reportDiagnostics(checked.diagnostics, terminal)
    return 1
  }
  const log = { ...terminal, out: boundedStderr() }
  const output = options.json ? jsonOutput(log, systemClock) : lineOutput(log, systemClock)
  const requests = signalRequests(false, options.watch === true, systemClock, () => process.exit(INTERRUPTED))
  let gateway: Gateway | undefined
  try {
    gateway = await Gateway.startChecked(checked.config, checked.diagnostics, {
      logger: (record) => output.record(record),
      source: options.path,
      variables: options.variables,
      files,
    })
    const code = await serve(gateway, parent, options, { files, requests, output })
    await endIfStuck(gateway, systemClock, terminal)
    return code
  } catch (error) {
    await gateway?.shutdown()
    terminal.err(`nemo-gateway: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

interface Serving {
  readonly files: ReadFiles
  readonly requests: SignalRequests
  readonly output: Output
}

/** Serves clients until the gateway has stopped. @returns the exit code */
async function serve(
  gateway: Gateway,
  parent: number,
  { socket, watch: isWatching = false }: CommandOptions,
  { files, requests, output }: Serving,
): Promise<number> {
  const host = new EmbeddingHost(gateway, version(), (record) => output.record(record))
  const stop = () => {
    output.ending()
    void host.stop()
  }
  const watch = watchParent(systemClock, parent, () => process.ppid, stop)
  void requests.stop.then(stop)
  const endReloads = reloadOnRequest({ gateway, files, requests, output, isWatching })
  let server: SocketServer | undefined
  if (socket === undefined) void host.serveOwner({ input: process.stdin, output: process.stdout })
  else server = await listenAt(socket, (stream) => host.serve(stream))
  output.begin({ rows: () => rowsOf(gateway.metrics()) })
  await host.stopped
  watch.cancel()
  endReloads()
  server?.close()
  const isRead = await host.flushed()
  output.end()
  // The runtime would wait for output that the client does not read.
  if (!isRead) process.exit(1)
  return 0
}
