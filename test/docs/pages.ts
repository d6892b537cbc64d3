import { blockTypes } from './blocks/block-types.js'
import { configurationPage } from './configuration-page.js'
import { embeddingPages } from './embedding-pages.js'
import { eventsPage } from './events-page.js'
import { metricsPage } from './metrics-page.js'

/** The files that are written from descriptions in the code, by their paths. */
export function writtenFiles(): Readonly<Record<string, string>> {
  return {
    ...blockTypes(),
    'docs/configuration.md': configurationPage(),
    ...embeddingPages(),
    'docs/events.md': eventsPage(),
    'docs/metrics.md': metricsPage(),
  }
}

export const pathOf = (page: string): URL => new URL(`../../../${page}`, import.meta.url)
