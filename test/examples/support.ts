import { type Running, startProgram } from '../support/program.js'

const ROOT = new URL('../../../', import.meta.url).pathname
export const EXAMPLES = `${ROOT}examples/`

/** The programs of one test. */
export class Programs {
  readonly #running: Running[] = []

  /** Starts a program of the examples by itself. */
  node(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
    return this.#keep(startProgram(`${EXAMPLES}${file}`, args, env))
  }

  /** Starts `nemo-gateway run` of the bundle, which is what the package publishes. */
  run(
    folder: string,
    config: string,
    app: string | undefined,
    env: NodeJS.ProcessEnv = {},
    more: readonly string[] = [],
  ): Running {
    const program = app === undefined ? [] : ['--app', `${EXAMPLES}${folder}/${app}`]
    const args = ['run', `${EXAMPLES}${folder}/${config}`, ...program, ...more]
    return this.#keep(startProgram(`${ROOT}dist/cli.js`, args, env))
  }

  async kill(): Promise<void> {
    for (const { child, ended } of this.#running.splice(0)) {
      child.kill('SIGKILL')
      await ended
    }
  }

  #keep(program: Running): Running {
    this.#running.push(program)
    return program
  }
}

/** Ends a program as an operator does. @returns its exit code */
export async function terminate({ child, ended }: Running): Promise<number | null> {
  child.kill('SIGTERM')
  return (await ended).code
}
