import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** What a broker for a test is told. */
export interface MosquittoOptions {
  readonly port?: number
  /** Users and their passwords; without any, everybody may connect. */
  readonly users?: Readonly<Record<string, string>>
  /** Further lines of mosquitto.conf. */
  readonly lines?: readonly string[]
  /** Lines of an ACL file. */
  readonly acl?: readonly string[]
  /** Lines of the listener, such as certificates. */
  readonly listener?: readonly string[]
}

/** A broker that runs in a process of its own. */
export interface Mosquitto {
  readonly port: number
  readonly url: string
  /** Ends it in good order. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): Promise<void>
  /** Stops the process from running, without closing its sockets. */
  pause(): void
  resume(): void
}

function find(program: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${program} is needed for this test and was not found in PATH`)
  return found
}

/** A port of the loopback interface that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with exit code ${child.exitCode}`)
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('mosquitto did not listen within 10 s')
}

/** Starts a broker on the loopback interface and waits until it listens. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const port = options.port ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'nemo-mosquitto-'))
  const config = [
    'user root',
    'set_tcp_nodelay true',
    `listener ${port} 127.0.0.1`,
    ...(options.listener ?? []),
  ]
  if (options.users === undefined) config.push('allow_anonymous true')
  else {
    const passwords = join(folder, 'passwords')
    await writeFile(passwords, '', { mode: 0o600 })
    for (const [name, password] of Object.entries(options.users))
      execFileSync(find('mosquitto_passwd'), ['-b', passwords, name, password], { stdio: 'ignore' })
    config.push('allow_anonymous false', `password_file ${passwords}`)
  }
  if (options.acl !== undefined) {
    await writeFile(join(folder, 'acl'), `${options.acl.join('\n')}\n`, { mode: 0o600 })
    config.push(`acl_file ${join(folder, 'acl')}`)
  }
  const file = join(folder, 'mosquitto.conf')
  await writeFile(file, `${[...config, ...(options.lines ?? [])].join('\n')}\n`)
  const child = spawn(find('mosquitto'), ['-c', file], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals) => {
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilListening(port, child)
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}
