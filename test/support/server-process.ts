import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { BrokerProgram } from './brokers.js'
import { findExecutable } from './executable.js'
import { waitFor } from './wait-for.js'

export interface ServerProcessOptions {
  readonly args: readonly string[]
  /** What the server logs once it takes connections. */
  readonly ready: RegExp
  /** 10 s when absent. */
  readonly timeoutMs?: number
}

/**
 * A server of a test, as a process. It dies with the test process, however that ends: the kernel sees to it
 * where `setpriv` is installed, else an exit handler, as far as one can run.
 */
export class ServerProcess {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #closed: Promise<void>
  #log = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    this.pid = child.pid!
    const onLog = (chunk: Buffer) => {
      this.#log += chunk.toString()
    }
    child.stdout!.on('data', onLog)
    child.stderr!.on('data', onLog)
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()))
    const atExit = () => child.kill('SIGKILL')
    process.on('exit', atExit)
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        process.off('exit', atExit)
        resolve()
      })
    })
  }

  /** @throws Error with the server's log when it ends, or is not ready in time. */
  static async start(program: BrokerProgram, options: ServerProcessOptions): Promise<ServerProcess> {
    const setpriv = await findExecutable('setpriv')
    const [command, ...args] = [
      ...(setpriv ? [setpriv, '--pdeathsig', 'KILL'] : []),
      program.command,
      ...options.args,
    ] as [string, ...string[]]
    const child = spawn(command, args, { env: program.env, stdio: ['ignore', 'pipe', 'pipe'] })
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    const server = new ServerProcess(child)
    try {
      await waitFor(() => !server.running || options.ready.test(server.log), {
        what: () => `${program.command} to be ready; its log is:\n${server.log}`,
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      })
      if (!server.running) throw new Error(`${program.command} did not start; its log is:\n${server.log}`)
      return server
    } catch (error) {
      await server.kill()
      throw error
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Everything it has written so far. */
  get log(): string {
    return this.#log
  }

  /** Resolves with the log when the process, and those that it has started, have ended. */
  async wholeLog(): Promise<string> {
    await this.#closed
    return this.#log
  }

  /** Freezes it: connections stay, nothing answers. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** Ends it without a farewell. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.running) this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** Ends it in order, frozen or not, and kills it after 5 s. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.running) {
      this.#child.kill('SIGTERM')
      this.resume()
    }
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
    await this.#exited
    clearTimeout(patience)
  }
}

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
