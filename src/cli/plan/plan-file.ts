import { isUtf8 } from 'node:buffer'
import { type Stats, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { LARGEST_FILE, readRegularFileNow } from '../../core/read-file.js'
import type { Fingerprints } from '../../core/reload-plan.js'
import { PlanFailure, wrongUsage } from './failure.js'
import type { Proposal } from './proposal.js'

const FORMAT = 'nemo-gateway plan'
const VERSION = 1
/** Only the user may read it, because it has the values of a configuration. */
const PRIVATE = 0o600

/** A plan as it is stored: no secrets, but the values of the attributes that change. */
export interface StoredPlan {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** The configuration, absolute. */
  readonly path: string
  /** The socket of the gateway, absolute. */
  readonly socket: string
  /** The names of the variables that were given; their values may be secret. */
  readonly variables: readonly string[]
  readonly fingerprints: Fingerprints
  readonly blocks: Proposal['blocks']
}

/**
 * Returns the flag with which a plan is written to a path.
 * @throws PlanFailure if that would overwrite anything but a plan, or become a part of a configuration
 */
export function flagToWrite(out: string): 'w' | 'wx' {
  if (out.endsWith('.hcl'))
    throw wrongUsage(`--out ${out} would be read as a configuration: choose a name that does not end in .hcl`)
  const found = statOf(out)
  if (found === undefined) return 'wx'
  if (found.isDirectory()) throw wrongUsage(`--out ${out} is a folder: name a file`)
  // Pipes and devices keep nothing. `mktemp` makes an empty file.
  if (!found.isFile() || found.size === 0 || isPlan(out)) return 'w'
  throw wrongUsage(`--out ${out} exists and is not a plan: choose another name`)
}

/** Writes a plan. @throws PlanFailure */
export async function writePlan(
  file: string,
  flag: 'w' | 'wx',
  { path, socket, ...plan }: Omit<StoredPlan, 'format' | 'version'>,
): Promise<void> {
  const stored: StoredPlan = {
    format: FORMAT,
    version: VERSION,
    path: resolve(path),
    socket: resolve(socket),
    ...plan,
  }
  const text = `${JSON.stringify(stored, undefined, 2)}\n`
  if (Buffer.byteLength(text) > LARGEST_FILE)
    throw new PlanFailure(
      `the plan exceeds the limit of ${LARGEST_FILE} bytes: change the gateway without --out`,
    )
  try {
    await writeFile(file, text, { mode: PRIVATE, flag })
  } catch (error) {
    throw new PlanFailure(`cannot write the plan: ${(error as Error).message}`)
  }
}

/**
 * Reads a plan.
 * @returns `undefined` for what can only be a configuration: a folder, or text that is not JSON
 * @throws PlanFailure for anything else that is not a plan, such as an empty or damaged file
 */
export function readPlan(file: string): StoredPlan | undefined {
  if (statOf(file)?.isDirectory()) return undefined
  const text = textOf(file)
  const trimmed = text.trim()
  if (trimmed === '') throw new PlanFailure(`${file} is empty: it is neither a plan nor a configuration`)
  const stored = parsed(text)
  if (stored === undefined && !trimmed.startsWith('{')) return undefined
  if (stored?.format !== FORMAT) throw new PlanFailure(`${file} is not a plan of nemo-gateway`)
  if (stored.version !== VERSION)
    throw new PlanFailure(`${file} was written by another version of nemo-gateway: make a new plan`)
  if (!isWhole(stored)) throw new PlanFailure(`the plan ${file} is damaged: make a new plan`)
  return stored
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function textOf(file: string): string {
  let bytes: Buffer
  try {
    bytes = readRegularFileNow(file, { acceptsPipe: true })
  } catch (error) {
    throw new PlanFailure(`cannot read ${file}: ${(error as Error).message}`)
  }
  // A disk that lost power may have written zeros.
  if (!isUtf8(bytes) || bytes.includes(0))
    throw new PlanFailure(`${file} is not text: it is neither a plan nor a configuration`)
  return bytes.toString()
}

function isPlan(file: string): boolean {
  try {
    return parsed(textOf(file))?.format === FORMAT
  } catch {
    return false
  }
}

/** Returns the members of JSON; `undefined` if the text is not JSON. */
function parsed(text: string): Partial<StoredPlan> | undefined {
  try {
    return Object(JSON.parse(text)) as Partial<StoredPlan>
  } catch {
    return undefined
  }
}

function isWhole(stored: Partial<StoredPlan>): stored is StoredPlan {
  const { path, socket, variables, fingerprints } = stored
  const texts = [path, socket, fingerprints?.running, fingerprints?.next]
  return Array.isArray(variables) && [...texts, ...variables].every((each) => typeof each === 'string')
}
