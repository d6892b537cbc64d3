/**
 * Whether a campaign plays all of its rounds, as in `npm run test:campaigns`, which runs the files that import this.
 * `npm test` plays a few.
 */
export const IS_FULL = process.env.NEMO_CAMPAIGN_ROUNDS !== undefined

/** How often a campaign repeats what it does. */
export function rounds(few: number, all: number): number {
  return IS_FULL ? all : few
}
