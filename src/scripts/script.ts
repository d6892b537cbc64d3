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

/** Threads that have loaded the script, and what they export. */
interface Opened {
  readonly pool: ScriptPool
  readonly functions: readonly string[]
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
  #required: readonly string[]
  /** What the threads export. */
  #functions: readonly string[] = []
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
    this.#accept(await this.#loadState(await readScript(this.#settings.path)))
  }

  /** Finds out whether the script exports functions. @throws ConfigError if it does not */
  check(required: readonly string[]): void {
    const missing = missingOf(required, this.#functions)
    if (missing !== undefined) throw this.#lacks(missing, this.#functions)
  }

  /** Replaces the functions that the configuration names. */
  require(required: readonly string[]): void {
    this.#required = required
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
      const loaded = await this.#loadState(found)
      if (this.#isClosed) return void loaded.pool.close()
      const old = this.#pool!
      this.#accept(loaded)
      this.#retired.add(old)
      old.retire()
      this.#parts.report({ kind: 'script:reloaded', script })
    } catch (error) {
      if (this.#isClosed) return
      this.#parts.report({ kind: 'script:failed', script, reason: messageOf(error) })
    }
  }

  #accept({ files, pool, functions }: Loaded & Opened): void {
    this.#pool = pool
    this.#functions = functions
    this.#loaded = files
    this.#tried = files
    if (this.#settings.reload) this.#watch.set(files.paths)
  }

  /** Loads one state of the files, and a newer one if they change meanwhile. @throws ConfigError */
  async #loadState(found: ScriptFiles): Promise<Loaded & Opened> {
    for (let files = found, loads = 1; ; loads++) {
      this.#tried = files
      if (this.#loaded !== undefined) this.#watch.set(new Set([...this.#loaded.paths, ...files.paths]))
      const isEnough = this.#loaded === undefined && loads >= MOST_LOADS
      const loaded = await this.#load(files).then(
        (opened) => opened,
        (error: Error) => ({ error }),
      )
      const now = await readScript(this.#settings.path)
      // Threads may have read different states of a file that was being written.
      const isSettled = this.#isClosed || isUntouched(files, now)
      if ('pool' in loaded) {
        if (isSettled || isEnough) return { files, ...loaded }
        void loaded.pool.close()
      } else if (isSettled) throw loaded.error
      files = now
    }
  }

  /** Starts threads with the files. @throws ConfigError */
  async #load(files: ScriptFiles): Promise<Opened> {
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
      const missing = missingOf(this.#required, functions)
      if (missing !== undefined) throw this.#lacks(missing, functions)
      return { pool, functions }
    } catch (error) {
      void pool.close()
      if (error instanceof ConfigError) throw error
      const message = `the script "${script}" cannot be loaded: ${placed(error)}`
      throw new ConfigError(message, [], { cause: error })
    } finally {
      this.#loading = undefined
    }
  }

  #lacks(missing: string, exported: readonly string[]): ConfigError {
    const { name, path } = this.#settings
    const found = exported.join(', ') || 'none'
    return new ConfigError(`the script "${name}" exports no function "${missing}": ${path} exports ${found}`)
  }

  /** What a thread runs that replaces another: the same state, also if the files have changed since. */
  async #scriptFor(files: ScriptFiles): Promise<ThreadScript> {
    const now = await readScript(this.#settings.path)
    return isUntouched(files, now) ? this.#threadScript : { ...this.#threadScript, files: files.texts }
  }

  get #threadScript(): ThreadScript {
    const { path, memory, maxResult } = this.#settings
    return { url: pathToFileURL(path).href, memory, maxResult }
  }
}

function missingOf(required: readonly string[], exported: readonly string[]): string | undefined {
  return required.find((name) => !exported.includes(name))
}

/** The message of an error with its place, which Node writes above the stack of a SyntaxError. */
function placed(error: unknown): string {
  const stack = (error as { readonly stack?: unknown } | null)?.stack
  const [, place] = (typeof stack === 'string' && /^(?:file:\/\/)?(\/[^\n]+:\d+)\n/.exec(stack)) || []
  return place === undefined ? messageOf(error) : `${place}: ${messageOf(error)}`
}
