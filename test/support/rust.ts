import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CACHE, installPackage } from './brokers.js'
import { findExecutable } from './executable.js'
import { withFileLock } from './file-lock.js'

const run = promisify(execFile)

/** Debian has the sources of crates as packages. These are `serde_json` and what it depends on by default. */
const PACKAGES = ['serde-json', 'serde', 'itoa', 'ryu'].map((name) => `librust-${name}-dev`)
const REGISTRY = 'usr/share/cargo/registry'

/** What it takes to build a program in Rust without a registry. */
export interface Rust {
  readonly cargo: string
  /** The folder with the sources of the crates. */
  readonly crates: string
}

/**
 * Finds Rust, and the crates in the cache; fetches from Debian what is missing.
 * @throws Error that says what is needed
 */
export async function findRust(): Promise<Rust> {
  const cargo = (await cargoAt()) ?? (await installedCargo())
  return { cargo, crates: await crates() }
}

function cargoAt(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean)
  return findExecutable('cargo', [...folders, join(homedir(), '.cargo/bin'), '/usr/bin'])
}

async function installedCargo(): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('cargo is not in PATH: install Rust (the package cargo)')
  await withFileLock(join(CACHE, 'cargo.lock'), () => installPackage('cargo'))
  const cargo = await cargoAt()
  if (cargo === undefined) throw new Error('the package cargo has no program cargo')
  return cargo
}

async function crates(): Promise<string> {
  const root = join(CACHE, 'crates')
  const found = join(root, REGISTRY)
  const isThere = () =>
    readdir(found)
      .then((names) => names.length >= PACKAGES.length)
      .catch(() => false)
  if (await isThere()) return found
  await withFileLock(join(CACHE, 'crates.lock'), async () => {
    if (await isThere()) return
    const [downloads, tree] = [`${root}.debs`, `${root}.tree`]
    for (const folder of [downloads, tree]) {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { recursive: true })
    }
    try {
      await run('apt-get', ['download', ...PACKAGES], { cwd: downloads })
    } catch (error) {
      throw new Error(`the crate serde_json is needed: apt-get cannot download ${PACKAGES.join(', ')}`, {
        cause: error,
      })
    }
    await run('sh', ['-c', 'for deb in ./*.deb; do dpkg-deb -x "$deb" "$1"; done', 'sh', tree], {
      cwd: downloads,
    })
    await rename(tree, root)
    await rm(downloads, { recursive: true })
  })
  return found
}

/** Builds a program. @returns the folder of its executables */
export async function buildRust(
  { cargo, crates: from }: Rust,
  folder: string,
  target: string,
): Promise<string> {
  const config = (key: string, value: string) => ['--config', `source.${key}=${JSON.stringify(value)}`]
  await run(
    cargo,
    [
      'build',
      '--offline',
      '--target-dir',
      target,
      ...config('crates-io.replace-with', 'debian'),
      ...config('debian.directory', from),
    ],
    { cwd: folder, env: { ...process.env, RUSTFLAGS: '-D warnings' } },
  )
  return join(target, 'debug')
}
