import { styleText } from 'node:util'
import {
  type ActorPrice,
  type ChangedAttribute,
  PLAN_ACTIONS,
  type PlanAction,
  type PricedBlock,
  withoutType,
} from '../../core/reload-plan.js'
import { printable } from '../describe-record.js'
import { plural } from '../report.js'

type Style = 'green' | 'yellow' | 'magenta' | 'red' | 'dim'

const SIGNS: Readonly<Record<PlanAction, { readonly sign: string; readonly style: Style }>> = {
  create: { sign: '+', style: 'green' },
  'in place': { sign: '~', style: 'yellow' },
  reconnect: { sign: '↻', style: 'yellow' },
  replace: { sign: '±', style: 'magenta' },
  remove: { sign: '-', style: 'red' },
  unchanged: { sign: '=', style: 'dim' },
}

/** The words for each action in the closing line: of what would be done, and of what was done. */
const SUMS: Readonly<Record<PlanAction, readonly [string, string]>> = {
  create: ['to create', 'created'],
  'in place': ['to change in place', 'changed in place'],
  reconnect: ['to reconnect', 'reconnected'],
  replace: ['to replace', 'replaced'],
  remove: ['to remove', 'removed'],
  unchanged: ['unchanged', 'unchanged'],
}

/** How many blocks there are of each action. */
export type Summary = Readonly<Record<PlanAction, number>>

export function summaryOf(blocks: readonly PricedBlock[]): Summary {
  const count = (wanted: PlanAction) => blocks.filter(({ action }) => action === wanted).length
  return Object.fromEntries(PLAN_ACTIONS.map((action) => [action, count(action)])) as Record<
    PlanAction,
    number
  >
}

/** How many blocks change. */
export function changesOf(blocks: readonly PricedBlock[]): number {
  return blocks.filter(({ action }) => action !== 'unchanged').length
}

/** Shows a plan to people: a line for each block, with the attributes that differ below it. */
export function blocksText(blocks: readonly PricedBlock[], color: boolean): string {
  const width = Math.max(0, ...blocks.map(({ action }) => action.length))
  const lines = blocks.flatMap((block) => blockLines(block, width, color))
  return lines.map((line) => `${line}\n`).join('')
}

/** The closing line. @param isDone whether the plan has been carried out */
export function sumsText(blocks: readonly PricedBlock[], isDone: boolean): string {
  const summary = summaryOf(blocks)
  const sums = PLAN_ACTIONS.filter((action) => summary[action] > 0).map(
    (action) => `${summary[action]} ${SUMS[action][isDone ? 1 : 0]}`,
  )
  const title = changesOf(blocks) === 0 ? 'Nothing to do' : isDone ? 'Done' : 'Plan'
  return `${title}: ${sums.length === 0 ? 'no blocks' : sums.join(', ')}\n`
}

function blockLines(block: PricedBlock, width: number, color: boolean): readonly string[] {
  const { kind, name, action, attributes, price } = block
  const { sign, style } = SIGNS[action]
  const paint = (by: Style, text: string) => (color ? styleText(by, text, { validateStream: false }) : text)
  const title = `${sign} ${action.padEnd(width)}`
  const names = Math.max(0, ...attributes.map(({ path }) => path.length))
  const details = [
    ...forcing(block),
    ...attributes.map((attribute) => attributeLine(attribute, names)),
    ...(price === undefined ? [] : [priceText(price, block)]),
  ]
  return [
    `${paint(style, title)}  ${printable(`${kind} "${name}"`)}`,
    ...details.map((line) => `${' '.repeat(width + 6)}${paint('dim', printable(line))}`),
  ]
}

/** What forces the action, unless the only attribute below says so. */
function forcing({ forcedBy, attributes, action }: PricedBlock): readonly string[] {
  if (forcedBy === undefined) {
    const isOpaque = attributes.length === 0 && action !== 'create' && action !== 'remove'
    return isOpaque && action !== 'unchanged' ? ['a file that it refers to has changed'] : []
  }
  const { attribute, place, reason } = forcedBy
  if (reason === undefined && attributes.length === 1 && attributes[0]!.path === attribute) return []
  const because = reason === undefined ? '' : `: ${reason}`
  return [`forced by ${attribute}${place === '' ? '' : ` at ${place}`}${because}`]
}

function attributeLine({ path, place, before, after }: ChangedAttribute, width: number): string {
  return `${path.padEnd(width)}  ${shown(before)} → ${shown(after)}  (${place})`
}

/** Shortens the words for a value. */
function shown(words: string | undefined): string {
  if (words === undefined) return 'not set'
  return /^an? [^"]*\(sensitive value\)$/u.test(words) ? '(sensitive)' : withoutType(words)
}

function priceText({ subscriptions, inHand, gapMs }: ActorPrice, { action, handOver }: PricedBlock): string {
  const held = `${inHand} requests and messages in hand`
  if (action === 'remove') return held
  const gap =
    handOver === 'overlap'
      ? 'no gap'
      : gapMs === undefined
        ? 'a gap of unknown length'
        : `a gap of about ${gapMs} ms`
  return `${plural(subscriptions, 'subscription')} made again, ${held}, ${gap}`
}
