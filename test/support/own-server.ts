import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type ServerProcess } from './server-process.js'

const BIND_ATTEMPTS = 5

/** Where a server of one's own is to be. */
export interface Place {
  /** Begins the name of its folder. */
  readonly prefix: string
  /** A free one when absent. */
  readonly port: number | undefined
  /** What it says when somebody else has its port. */
  readonly taken: RegExp
  /** Where free ports come from. */
  readonly choose?: () => Promise<number>
}

/** Starts a server in a folder of its own, again on another port if somebody took the free one in the meantime. */
export async function startIn<T>(
  { prefix, port: wanted, taken, choose = freePort }: Place,
  start: (folder: string, port: number) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), prefix))
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await choose())
    try {
      return await start(folder, port)
    } catch (error) {
      if (wanted === undefined && taken.test(String(error)) && attempt < BIND_ATTEMPTS) continue
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
}

/** A running server with a port and a folder of its own. */
export class OwnServer {
  readonly port: number
  /** Gone after `stop`; for files that its configuration names. */
  readonly folder: string
  readonly #launch: () => Promise<ServerProcess>
  #server: ServerProcess

  /** @param launch starts it, now and again, on its port and with its files */
  protected constructor(
    folder: string,
    port: number,
    server: ServerProcess,
    launch: () => Promise<ServerProcess>,
  ) {
    this.folder = folder
    this.port = port
    this.#server = server
    this.#launch = launch
  }

  get pid(): number {
    return this.#server.pid
  }

  /** What the present process has logged. */
  get log(): string {
    return this.#server.log
  }

  /** Everything that the present process has logged; resolves when it has ended. */
  wholeLog(): Promise<string> {
    return this.#server.wholeLog()
  }

  get running(): boolean {
    return this.#server.running
  }

  /** Freezes it: connections stay open, nothing answers. */
  pause(): void {
    this.#server.pause()
  }

  resume(): void {
    this.#server.resume()
  }

  /** A crash: the process is gone when this resolves. `restart` brings it back. */
  kill(): Promise<void> {
    return this.#server.kill()
  }

  /** Starts it again on its port and with its files, after an orderly stop if it is running. */
  async restart(): Promise<void> {
    await this.#server.stop()
    this.#server = await this.#launch()
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
