import { execFile } from 'node:child_process'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findExecutable } from './executable.js'
import { withFileLock } from './file-lock.js'

const run = promisify(execFile)

/** A server program that the tests run against: where it is, and the environment it needs. */
export interface BrokerProgram {
  readonly command: string
  readonly env: NodeJS.ProcessEnv
}

/** The servers we know, by the name of their program. */
const DEBIAN_PACKAGES = {
  mosquitto: 'mosquitto',
  'nats-server': 'nats-server',
  'redis-server': 'redis-server',
} as const

export type BrokerName = keyof typeof DEBIAN_PACKAGES

/** The tests run compiled, from `dist/test/support`; `.cache` is in the root of the repository, out of git. */
export const CACHE = new URL('../../../.cache/brokers', import.meta.url).pathname
const SERVER_FOLDERS = ['usr/sbin', 'usr/bin']
const LIBRARY_FOLDERS = ['usr/lib', 'lib']

/** Brings a server to the machine: into the system, or unpacked under `root`. */
export type FetchBroker = (name: BrokerName, root: string) => Promise<void>

const fetchWithApt: FetchBroker = (name, root) =>
  process.getuid?.() === 0 ? installPackage(DEBIAN_PACKAGES[name]) : unpack(name, root)

/**
 * Finds a server in PATH or in the cache, else fetches it with apt-get: installed when we are root, otherwise
 * unpacked, together with the packages it depends on, into the cache folder. Test files that run at the same
 * time fetch once.
 * @throws Error saying what to install, when there is no way to get it.
 */
export async function findBroker(
  name: BrokerName,
  { cache = CACHE, fetch = fetchWithApt }: { readonly cache?: string; readonly fetch?: FetchBroker } = {},
): Promise<BrokerProgram> {
  const present = await lookUp(name, cache)
  if (present) return present
  return withFileLock(join(cache, `${name}.lock`), async () => {
    const fetchedByOther = await lookUp(name, cache)
    if (fetchedByOther) return fetchedByOther
    try {
      await fetch(name, join(cache, name))
    } catch (error) {
      throw needed(name, (error as Error).message.trim(), error)
    }
    const fetched = await lookUp(name, cache)
    if (fetched) return fetched
    throw needed(name, 'the package was fetched, but has no such program')
  })
}

function needed(name: BrokerName, why: string, cause?: unknown): Error {
  return new Error(
    `${name} is needed for this test: it is not in PATH and could not be fetched with apt-get; ` +
      `install the package ${DEBIAN_PACKAGES[name]} (${why})`,
    { cause },
  )
}

async function lookUp(name: BrokerName, cache: string): Promise<BrokerProgram | undefined> {
  const installed = await findExecutable(name)
  if (installed) return { command: installed, env: process.env }
  const root = join(cache, name)
  const command = await findExecutable(
    name,
    SERVER_FOLDERS.map((folder) => join(root, folder)),
  )
  if (command === undefined) return undefined
  return { command, env: { ...process.env, LD_LIBRARY_PATH: libraryPath(root) } }
}

/** Debian keeps libraries in a folder per architecture, whose name is the GNU triplet. */
export function libraryPath(root: string): string {
  const cpu = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch
  return LIBRARY_FOLDERS.flatMap((folder) => [
    join(root, folder, `${cpu}-linux-gnu`),
    join(root, folder),
  ]).join(':')
}

/** Installs a package of Debian; needs the rights of root. */
export async function installPackage(wanted: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const once = () => run('apt-get', ['install', '-y', '--no-install-recommends', wanted], { env })
  try {
    await once()
  } catch {
    // The usual reason, in a fresh container: the lists of packages are missing or stale.
    await run('apt-get', ['update'], { env })
    await once()
  }
}

/**
 * Downloads exactly the packages that an installation would add, and unpacks them under `root`.
 * Needs no rights; the lists of packages must be there.
 */
export function unpack(name: BrokerName, root: string): Promise<void> {
  return unpackPackage(DEBIAN_PACKAGES[name], root)
}

/** The same for any package of Debian. */
export async function unpackPackage(wanted: string, root: string): Promise<void> {
  const { stdout } = await run('apt-get', ['install', '--simulate', '--no-install-recommends', wanted])
  const missing = [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!)
  const packages = missing.length > 0 ? missing : [wanted]

  const [downloads, tree] = [`${root}.debs`, `${root}.tree`]
  for (const folder of [downloads, tree]) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
  }
  await run('apt-get', ['download', ...packages], { cwd: downloads })
  await run('sh', ['-c', 'for deb in ./*.deb; do dpkg-deb -x "$deb" "$1"; done', 'sh', tree], {
    cwd: downloads,
  })
  // In one step at the end, so that a half-unpacked tree is never found.
  await rename(tree, root)
  await rm(downloads, { recursive: true, force: true })
}
