import { type ChildProcess, spawn } from 'node:child_process'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A started program. */
export interface Running {
  readonly child: ChildProcess
  /** What it has written to its standard output so far. */
  readonly stdout: string
  /** Resolves when its output on one of the streams matches. */
  seen(pattern: RegExp): Promise<void>
  readonly ended: Promise<Ended>
}

/** Starts a program of Node as a process of its own, with no terminal where that matters. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { detached = false, input = 'ignore' as 'ignore' | 'pipe' } = {},
): Running {
  const child = spawn(process.execPath, [file, ...args], {
    detached,
    stdio: [input, 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  const seen = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stdout) || pattern.test(stderr)) resolve()
      }
      child.stdout!.on('data', look)
      child.stderr!.on('data', look)
      child.on('close', () => reject(new Error(`ended before ${pattern} was seen: ${stdout}${stderr}`)))
      look()
    })
  return {
    child,
    seen,
    ended,
    get stdout() {
      return stdout
    },
  }
}
