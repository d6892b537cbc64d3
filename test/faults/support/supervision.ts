/** Impatient, so that a test is fast; a neighbour on a machine under load may well be late, so it gets the defaults. */
export const IMPATIENT = {
  heartbeat: '300ms',
  max_restarts: 10_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
}
