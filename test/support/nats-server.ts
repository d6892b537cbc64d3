import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBroker } from './brokers.js'
import { OwnServer, startIn } from './own-server.js'
import { ServerProcess } from './server-process.js'

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

/** Starts a nats-server of one's own on 127.0.0.1; resolves when it takes connections. */
export function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const place = { prefix: 'nemo-nats-', port: options.port, taken: /address already in use/ }
  return startIn(place, (folder, port) => NatsServer.start(folder, port, options))
}

/** A running nats-server. */
export class NatsServer extends OwnServer {
  static async start(folder: string, port: number, options: NatsServerOptions): Promise<NatsServer> {
    for (const [name, content] of Object.entries(options.files ?? {}))
      await writeFile(join(folder, name), content, { mode: 0o600 })
    const lines = [
      `listen: "127.0.0.1:${port}"`,
      ...(options.jetstream === false ? [] : ['jetstream: { store_dir: "FOLDER/jetstream" }']),
      ...(options.config ?? []),
    ]
    await writeFile(join(folder, 'nats.conf'), `${lines.join('\n').replaceAll('FOLDER', folder)}\n`)
    return new NatsServer(folder, port, await launch(folder), () => launch(folder))
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Tells it to send its clients away and to end. */
  lameDuck(): void {
    process.kill(this.pid, 'SIGUSR2')
  }
}

async function launch(folder: string): Promise<ServerProcess> {
  const args = ['-c', join(folder, 'nats.conf')]
  return ServerProcess.start(await findBroker('nats-server'), { args, ready: /Server is ready/ })
}
