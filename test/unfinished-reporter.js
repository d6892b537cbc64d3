import { subscribe } from 'node:diagnostics_channel'
import { relative } from 'node:path'

/**
 * Tells at the end of a run which test files did not finish, and how the processes of tests ended that did not exit
 * with 0. Vitest says only that a process ended.
 */
export class UnfinishedReporter {
  #running = new Set()
  #endings = []

  constructor() {
    subscribe('child_process', ({ process: child }) => {
      child.once('exit', (code, signal) => {
        if (code !== 0 && signal !== 'SIGTERM') this.#endings.push(signal ?? `exit code ${code}`)
      })
    })
  }

  onTestModuleStart({ moduleId }) {
    this.#running.add(moduleId)
  }

  onTestModuleEnd({ moduleId }) {
    this.#running.delete(moduleId)
  }

  onTestRunEnd() {
    if (this.#running.size === 0) return
    const files = [...this.#running].map((file) => relative(process.cwd(), file))
    process.stderr.write(
      `\nnot finished: ${files.join(', ')}\nprocesses of tests ended with: ${this.#endings.join(', ') || 'exit code 0'}\n`,
    )
  }
}
