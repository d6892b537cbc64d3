import { resolve } from 'node:path'
import type { Diagnostic } from '../../core/diagnostic.js'
import type { BlockPlan, Fingerprints } from '../../core/reload-plan.js'
import { PlanFailure } from './failure.js'
import type { Proposal } from './proposal.js'
import { askGateway } from './session-client.js'

/** What changes a gateway: a configuration, and the values of its variables. */
export interface Change {
  /** As the user has written it. */
  readonly path: string
  readonly variables: Readonly<Record<string, string>>
}

/** Asks a running gateway what a reload would do. @throws PlanFailure */
export async function planAgainstGateway(
  change: Change,
  socket: string,
): Promise<Proposal & { readonly fingerprints: Fingerprints }> {
  return asked(
    change,
    () => askGateway(socket, 'plan', paramsOf(change)) as Promise<Proposal & { fingerprints: Fingerprints }>,
  )
}

/**
 * Changes a running gateway.
 * @param expect the fingerprints of a plan; without them any configuration may run
 * @returns what was done with each block
 * @throws PlanFailure if the gateway refuses; then nothing has changed
 */
export async function reloadGateway(
  change: Change,
  socket: string,
  expect: Fingerprints | undefined,
): Promise<readonly BlockPlan[]> {
  const params = { ...paramsOf(change), ...(expect && { expect }) }
  const { blocks } = await asked(
    change,
    () => askGateway(socket, 'reload', params) as Promise<{ readonly blocks: readonly BlockPlan[] }>,
  )
  return blocks
}

function paramsOf({ path, variables }: Change): object {
  // The working folder of the gateway may be another one.
  return { path: resolve(path), ...(Object.keys(variables).length > 0 && { variables }) }
}

/** Shows places as the user has written the path. */
async function asked<T extends { readonly blocks: readonly BlockPlan[] }>(
  { path }: Change,
  ask: () => Promise<T>,
): Promise<T> {
  const absolute = resolve(path)
  const shown = (place: string) =>
    place.startsWith(absolute) ? `${path.replace(/\/+$/u, '')}${place.slice(absolute.length)}` : place
  try {
    const answer = await ask()
    return { ...answer, blocks: answer.blocks.map((block) => withPlaces(block, shown)) }
  } catch (error) {
    if (!(error instanceof PlanFailure)) throw error
    const { message, diagnostics } = error
    throw new PlanFailure(
      message,
      diagnostics.map((each): Diagnostic => ({ ...each, file: shown(each.file) })),
    )
  }
}

function withPlaces<T extends BlockPlan>(block: T, shown: (place: string) => string): T {
  const { attributes, forcedBy } = block
  return {
    ...block,
    attributes: attributes.map((each) => ({ ...each, place: shown(each.place) })),
    ...(forcedBy && { forcedBy: { ...forcedBy, place: shown(forcedBy.place) } }),
  }
}
