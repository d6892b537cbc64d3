import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Fingerprints } from '../../core/reload-plan.js'
import { PlanFailure } from './failure.js'
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

/** Writes a plan. @throws PlanFailure */
export async function writePlan(
  file: string,
  { path, socket, ...plan }: Omit<StoredPlan, 'format' | 'version'>,
): Promise<void> {
  const stored: StoredPlan = {
    format: FORMAT,
    version: VERSION,
    path: resolve(path),
    socket: resolve(socket),
    ...plan,
  }
  try {
    await writeFile(file, `${JSON.stringify(stored, undefined, 2)}\n`, { mode: PRIVATE })
  } catch (error) {
    throw new PlanFailure(`cannot write the plan: ${(error as Error).message}`)
  }
}

/** Reads a plan. @returns `undefined` if the file has no JSON object, as a configuration. @throws PlanFailure */
export async function readPlan(file: string): Promise<StoredPlan | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return undefined
    throw new PlanFailure(`cannot read ${file}: ${(error as Error).message}`)
  }
  if (!text.trimStart().startsWith('{')) return undefined
  const stored = parsed(text)
  if (stored?.format !== FORMAT) throw new PlanFailure(`${file} is not a plan of nemo-gateway`)
  if (stored.version !== VERSION)
    throw new PlanFailure(`${file} was written by another version of nemo-gateway: make a new plan`)
  if (!isWhole(stored)) throw new PlanFailure(`the plan ${file} is damaged: make a new plan`)
  return stored
}

function parsed(text: string): Partial<StoredPlan> | undefined {
  try {
    return JSON.parse(text) as Partial<StoredPlan>
  } catch {
    return undefined
  }
}

function isWhole(stored: Partial<StoredPlan>): stored is StoredPlan {
  const { path, socket, variables, fingerprints } = stored
  return (
    [path, socket, fingerprints?.running, fingerprints?.next].every((each) => typeof each === 'string') &&
    Array.isArray(variables)
  )
}
