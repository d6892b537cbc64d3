import type { Figures, Round } from './figures.js'
import type { Plan } from './plan.js'
import { measureLoopDelay, measureWindow, type Running } from './window.js'

/** One of the two that are compared: connected throughout, loaded in its turns only. */
export interface Side {
  begin(): Promise<Running>
  close(): Promise<void>
}

/** Measures both sides in turns: plain, gateway, plain, gateway … so that drift of the machine meets both. */
export async function compare(plain: Side, gateway: Side, plan: Plan): Promise<Round[]> {
  const rounds: Round[] = []
  for (let i = 0; i < plan.rounds; i++) {
    const warmUp = i === 0 ? plan.firstWarmUpMs : plan.warmUpMs
    const before = await measureSide(plain, warmUp, plan)
    rounds.push({ plain: before, gateway: await measureSide(gateway, warmUp, plan) })
  }
  return rounds
}

/** Compares two sides and closes them, whatever happens. */
export async function compareAndClose(plain: Side, gateway: Side, plan: Plan): Promise<Round[]> {
  try {
    return await compare(plain, gateway, plan)
  } finally {
    await Promise.all([plain.close(), gateway.close()])
  }
}

/** The gateway alone, for what has no plain counterpart. */
export async function observe(gateway: Side, plan: Plan): Promise<Round[]> {
  const rounds: Round[] = []
  for (let i = 0; i < plan.rounds; i++) {
    const warmUp = i === 0 ? plan.firstWarmUpMs : plan.warmUpMs
    rounds.push({ gateway: await measureSide(gateway, warmUp, plan) })
  }
  return rounds
}

async function measureSide(side: Side, warmUpMs: number, plan: Plan): Promise<Figures> {
  const running = await side.begin()
  try {
    await new Promise((resolve) => setTimeout(resolve, warmUpMs))
    const figures = await measureWindow(running, plan.windowMs)
    return { ...figures, ...(await measureLoopDelay(plan.delayWindowMs)) }
  } finally {
    await running.stop()
  }
}
