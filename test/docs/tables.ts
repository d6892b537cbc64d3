import { addressTable, capabilityTable } from './capability-table.js'
import { routeEnds, routeMatrix } from './route-matrix.js'

/** The tables within pages written by hand that are made from the manifests, by their markers. */
export const TABLES = [
  { page: 'README.md', name: 'capabilities', write: capabilityTable },
  { page: 'docs/protocols.md', name: 'addresses', write: addressTable },
  { page: 'docs/routes.md', name: 'ends', write: routeEnds },
  { page: 'docs/routes.md', name: 'matrix', write: routeMatrix },
] as const
