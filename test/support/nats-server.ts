import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBroker } from './brokers.js'
import { freePort, ServerProcess } from './server-process.js'

export interface NatsServerOptions {
  /** Whether it has JetStream, whose files outlive a restart. */
  readonly jetstream?: boolean
  /** Lines for its configuration file; `FOLDER` in them is its folder. */
  readonly config?: readonly string[]
  /** Files to be put into its folder, by their names. */
  readonly files?: Readonly<Record<string, string>>
  /** A free one when absent. */
  readonly port?: number
}

const BIND_ATTEMPTS = 5

/** Starts a nats-server of one's own on 127.0.0.1; resolves when it takes connections. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-nats-'))
  for (const [name, content] of Object.entries(options.files ?? {}))
    await writeFile(join(folder, name), content, { mode: 0o600 })
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    try {
      return await NatsServer.start(folder, port, options)
    } catch (error) {
      // Somebody else may have taken the free port in the meantime.
      const taken = options.port === undefined && String(error).includes('address already in use')
      if (taken && attempt < BIND_ATTEMPTS) continue
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
}

/** A running nats-server. */
export class NatsServer {
  readonly port: number
  /** Gone after `stop`; for files that its configuration names. */
  readonly folder: string
  #server: ServerProcess

  private constructor(folder: string, port: number, server: ServerProcess) {
    this.folder = folder
    this.port = port
    this.#server = server
  }

  static async start(folder: string, port: number, options: NatsServerOptions): Promise<NatsServer> {
    const lines = [
      `listen: "127.0.0.1:${port}"`,
      ...(options.jetstream === false ? [] : ['jetstream: { store_dir: "FOLDER/jetstream" }']),
      ...(options.config ?? []),
    ]
    await writeFile(join(folder, 'nats.conf'), `${lines.join('\n').replaceAll('FOLDER', folder)}\n`)
    return new NatsServer(folder, port, await launch(folder))
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#server.pid
  }

  /** What the present process has logged. */
  get log(): string {
    return this.#server.log
  }

  /** Freezes it: connections stay open, nothing answers. */
  pause(): void {
    this.#server.pause()
  }

  resume(): void {
    this.#server.resume()
  }

  /** Tells it to send its clients away and to end. */
  lameDuck(): void {
    process.kill(this.#server.pid, 'SIGUSR2')
  }

  /** A crash: the process is gone when this resolves. `restart` brings it back. */
  kill(): Promise<void> {
    return this.#server.kill()
  }

  /** Starts it again on its port and with its files, after an orderly stop if it is running. */
  async restart(): Promise<void> {
    await this.#server.stop()
    this.#server = await launch(this.folder)
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    await this.#server.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

async function launch(folder: string): Promise<ServerProcess> {
  const args = ['-c', join(folder, 'nats.conf')]
  return ServerProcess.start(await findBroker('nats-server'), { args, ready: /Server is ready/ })
}
