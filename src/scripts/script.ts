import { pathToFileURL } from 'node:url'
import type { Piscina } from 'piscina'
import { onAbort } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import { ConfigError } from '../core/errors/config.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { CancelledError } from '../core/errors/operation.js'
import type { GatewayReport } from '../core/events.js'
import { prepareValue } from '../core/prepare-value.js'
import type { ScriptSettings } from '../core/settings/script.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { CallContext } from '../mailbox/script-protocol.js'
import { FileWatch } from '../watch/file-watch.js'
import type { PerformOperation } from './operations.js'
import type { ScriptCall } from './script-call.js'
import { isSame, isUntouched, readScript, type ScriptFiles } from './script-files.js'
import { ScriptPool } from './script-pool.js'
import type { ThreadScript } from './script-thread.js'

/** At the start, this many loads during which files changed are enough: the watch sees what follows. */
const MOST_LOADS = 5

/** A state of the script, and the threads that run it. */
interface Loaded {
  readonly files: ScriptFiles
  readonly pool: ScriptPool
}

export interface ScriptDependencies {
  readonly clock: Clock
  readonly makePool: (threads: number, heapLimitMb: number) => Piscina
  readonly perform: PerformOperation
  readonly ended: (exited: Promise<void>) => void
  readonly report: (report: GatewayReport) => void
}

/** What a caller gives beside the parameters. */
export interface CallerContext extends Omit<CallContext, 'deadline'> {
  readonly signal?: AbortSignal | undefined
}

/** A `script` block: the threads that run it, and its newer states. */
export class Script {
  readonly #settings: ScriptSettings
  readonly #parts: ScriptDependencies
  readonly #required: readonly string[]
  readonly #watch: FileWatch
  /** Pools that finish their calls. */
  readonly #retired = new Set<ScriptPool>()
  #pool: ScriptPool | undefined
  /** What is being loaded. */
  #loading: Loaded | undefined
  /** The files as the threads run them. */
  #loaded: ScriptFiles | undefined
  /** The files of the last attempt to load. */
  #tried: ScriptFiles | undefined
  #reloading: Promise<void> = Promise.resolve()
  #lastCall = 0
  #isClosed = false

  /** @param required the functions that the configuration names */
  constructor(settings: ScriptSettings, required: readonly string[], parts: ScriptDependencies) {
    this.#settings = settings
    this.#required = required
    this.#parts = parts
    this.#watch = new FileWatch(parts.clock, () => this.#changed())
  }

  /** Loads the script. @throws ConfigError if it cannot be loaded, or lacks a function */
  async start(): Promise<void> {
    const { files, pool } = await this.#loadState(await readScript(this.#settings.path))
    this.#pool = pool
    this.#accept(files)
  }

  /** Whether a call has no outcome. */
  get isBusy(): boolean {
    return (this.#pool?.size ?? 0) > 0
  }

  /**
   * Calls a function.
   * @returns what it returns; `undefined` if that is nothing
   * @throws what the function throws; TimeoutError, CancelledError, ActorCrashedError, MailboxFullError,
   *   SerializeError, ShutdownError
   */
  call(name: string, params: unknown, { signal, ...context }: CallerContext): Promise<unknown> {
    const pool = this.#pool
    return new Promise((resolve, reject) => {
      if (pool === undefined || this.#isClosed) throw new ShutdownError()
      if (signal?.aborted) throw new CancelledError()
      const call: ScriptCall = {
        id: ++this.#lastCall,
        function: name,
        params: prepareValue(params),
        context: { ...context, deadline: this.#parts.clock.now() + this.#settings.timeoutMs },
        resolve,
        reject,
        isAnswered: false,
        timer: undefined,
        forget: () => {},
      }
      if (signal !== undefined) call.forget = onAbort(signal, () => pool.cancel(call, new CancelledError()))
      pool.run(call)
    })
  }

  /** Ends all threads. Calls in flight reject with ShutdownError. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#watch.close()
    const pools = [this.#pool, this.#loading?.pool, ...this.#retired]
    await Promise.all(pools.map((pool) => pool?.close()))
  }

  #changed(): void {
    this.#reloading = this.#reloading.then(() => this.#reload())
    void this.#supersede()
  }

  /** Ends a load that files have changed since: it may never end. Never rejects. */
  async #supersede(): Promise<void> {
    const loading = this.#loading
    if (loading === undefined || isSame(loading.files, await readScript(this.#settings.path))) return
    await loading.pool.close()
  }

  /** Loads the script again if its files have changed. Never rejects. */
  async #reload(): Promise<void> {
    const found = await readScript(this.#settings.path)
    if (this.#isClosed || isSame(found, this.#tried!)) return
    const { name: script } = this.#settings
    try {
      const { files, pool } = await this.#loadState(found)
      if (this.#isClosed) return void pool.close()
      const old = this.#pool!
      this.#pool = pool
      this.#accept(files)
      this.#retired.add(old)
      old.retire()
      this.#parts.report({ kind: 'script:reloaded', script })
    } catch (error) {
      if (this.#isClosed) return
      this.#parts.report({ kind: 'script:failed', script, reason: messageOf(error) })
    }
  }

  #accept(files: ScriptFiles): void {
    this.#loaded = files
    this.#tried = files
    if (this.#settings.reload) this.#watch.set(files.paths)
  }

  /** Loads one state of the files, and a newer one if they change meanwhile. @throws ConfigError */
  async #loadState(found: ScriptFiles): Promise<Loaded> {
    for (let files = found, loads = 1; ; loads++) {
      this.#tried = files
      if (this.#loaded !== undefined) this.#watch.set(new Set([...this.#loaded.paths, ...files.paths]))
      const isEnough = this.#loaded === undefined && loads >= MOST_LOADS
      const loaded = await this.#load(files).then(
        (pool) => ({ pool }),
        (error: Error) => ({ error }),
      )
      const now = await readScript(this.#settings.path)
      // Threads may have read different states of a file that was being written.
      const isSettled = this.#isClosed || isUntouched(files, now)
      if ('pool' in loaded) {
        if (isSettled || isEnough) return { files, pool: loaded.pool }
        void loaded.pool.close()
      } else if (isSettled) throw loaded.error
      files = now
    }
  }

  /** Starts threads with the files. @throws ConfigError */
  async #load(files: ScriptFiles): Promise<ScriptPool> {
    const { name: script } = this.#settings
    const pool = new ScriptPool(this.#settings, {
      ...this.#parts,
      script: () => this.#scriptFor(files),
      crashed: (reason) => this.#parts.report({ kind: 'script:crashed', script, reason }),
      finished: (ended) => this.#retired.delete(ended),
    })
    this.#loading = { files, pool }
    try {
      const functions = await pool.open(this.#threadScript)
      const missing = this.#required.find((name) => !functions.includes(name))
      if (missing !== undefined)
        throw new ConfigError(
          `the script "${script}" exports no function "${missing}": ${this.#settings.path} exports ${functions.join(', ') || 'none'}`,
        )
      return pool
    } catch (error) {
      void pool.close()
      if (error instanceof ConfigError) throw error
      const message = `the script "${script}" cannot be loaded: ${placed(error)}`
      throw new ConfigError(message, [], { cause: error })
    } finally {
      this.#loading = undefined
    }
  }

  /** What a thread runs that replaces another: the same state, also if the files have changed since. */
  async #scriptFor(files: ScriptFiles): Promise<ThreadScript> {
    const now = await readScript(this.#settings.path)
    return isUntouched(files, now) ? this.#threadScript : { ...this.#threadScript, files: files.texts }
  }

  get #threadScript(): ThreadScript {
    return { url: pathToFileURL(this.#settings.path).href, memory: this.#settings.memory }
  }
}

/** The message of an error with its place, which Node writes above the stack of a SyntaxError. */
function placed(error: unknown): string {
  const stack = (error as { readonly stack?: unknown } | null)?.stack
  const [, place] = (typeof stack === 'string' && /^(?:file:\/\/)?(\/[^\n]+:\d+)\n/.exec(stack)) || []
  return place === undefined ? messageOf(error) : `${place}: ${messageOf(error)}`
}
