import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { unknownName } from '../core/arguments.js'
import type { ScriptFunction, ScriptSettings } from '../core/settings/script.js'
import type { TransformSettings } from '../core/settings/transform.js'
import { type CallerContext, Script, type ScriptDependencies } from './script.js'
import { StuckThreads } from './stuck-threads.js'
import { TransformServer } from './transform-server.js'

/**
 * A thread that is ended while it requires an ES module aborts the process (Node 20.20, `CreateRequiredModuleFacade`).
 * The pool requires our file first, and imports it when that fails.
 */
const NO_REQUIRE_OF_MODULES = ['--no-experimental-require-module']

/** The scripts of a gateway. */
export class Scripts {
  readonly #settings: readonly ScriptSettings[]
  readonly #parts: Omit<ScriptDependencies, 'makePool' | 'ended'>
  readonly #worker: () => URL
  #required: readonly ScriptFunction[]
  readonly #scripts = new Map<string, Script>()
  readonly #transforms: TransformServer
  readonly #stuck: StuckThreads

  /**
   * @param required the functions that the configuration names
   * @param worker finds the file that the threads load
   */
  constructor(
    settings: readonly ScriptSettings[],
    required: readonly ScriptFunction[],
    worker: () => URL,
    parts: Omit<ScriptDependencies, 'makePool' | 'ended'>,
  ) {
    this.#settings = settings
    this.#required = required
    this.#worker = worker
    this.#parts = parts
    this.#transforms = new TransformServer(this, parts.clock)
    this.#stuck = new StuckThreads(parts.clock)
  }

  /** Threads that were ended and have not exited. */
  get zombies(): number {
    return this.#stuck.count
  }

  /** Loads all scripts. @throws ConfigError; then all have been closed */
  async start(): Promise<void> {
    if (this.#settings.length === 0) return
    // Loaded when needed: few gateways have scripts.
    const { Piscina: Pool } = await import('piscina')
    const filename = fileURLToPath(this.#worker())
    const makePool = (threads: number, maxOldGenerationSizeMb: number): Piscina =>
      new Pool({
        filename,
        // The package would start others for threads that we have ended, also after the end of the pool.
        minThreads: 0,
        // A thread that is kept for its last calls has a successor.
        maxThreads: 2 * threads,
        idleTimeout: 0,
        // Otherwise an idle thread blocks, and its timers and heartbeat stop.
        atomics: 'disabled',
        recordTiming: false,
        resourceLimits: { maxOldGenerationSizeMb },
        execArgv: NO_REQUIRE_OF_MODULES,
      })
    const ended = (exited: Promise<void>) => this.#stuck.watch(exited)
    for (const settings of this.#settings) {
      const names = namesOf(this.#required, settings.name)
      this.#scripts.set(settings.name, new Script(settings, names, { ...this.#parts, makePool, ended }))
    }
    const started = await Promise.allSettled([...this.#scripts.values()].map((script) => script.start()))
    const failed = started.find((each) => each.status === 'rejected')
    if (failed === undefined) return
    await this.close()
    throw failed.reason
  }

  /** Finds out whether the scripts export functions. @throws ConfigError if one does not */
  check(required: readonly ScriptFunction[]): void {
    for (const [name, script] of this.#scripts) script.check(namesOf(required, name))
  }

  /** Replaces the functions that the configuration names, which the scripts must export when they are loaded again. */
  require(required: readonly ScriptFunction[]): void {
    this.#required = required
    for (const [name, script] of this.#scripts) script.require(namesOf(required, name))
  }

  /** Calls a function of a script. @throws what `Script.call` throws; ConfigError if there is no such script */
  async call(
    { script, function: name }: ScriptFunction,
    params: unknown,
    context: CallerContext,
  ): Promise<unknown> {
    const found = this.#scripts.get(script)
    if (found === undefined) throw unknownName('script', 'script', script, this.#scripts.keys())
    return found.call(name, params, context)
  }

  /** Calls functions for the transforms of an integration, until its port closes. */
  serve(port: MessagePort, integration: string): void {
    this.#transforms.serve(port, integration)
  }

  /** How many calls of a script run at the same time; 1 if there is no such script. */
  parallel(script: string): number {
    const { threads = 1, concurrent = 1 } = this.#settings.find(({ name }) => name === script) ?? {}
    return threads * concurrent
  }

  /** Refuses transforms by a script that does not exist. @throws ConfigError */
  checkTransforms(transforms: readonly TransformSettings[]): void {
    for (const transform of transforms)
      if (transform.type === 'script' && !this.#scripts.has(transform.handler.script))
        throw unknownName(
          'subscribe: option "transform"',
          'script',
          transform.handler.script,
          this.#scripts.keys(),
        )
  }

  /** Ends the threads of all scripts. */
  async close(): Promise<void> {
    await Promise.all([...this.#scripts.values()].map((script) => script.close()))
    await this.#stuck.settled()
  }
}

/** The names of the functions of one script. */
function namesOf(functions: readonly ScriptFunction[], script: string): readonly string[] {
  return [...new Set(functions.filter((each) => each.script === script).map((each) => each.function))]
}
