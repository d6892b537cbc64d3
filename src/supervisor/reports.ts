/** What a supervisor reports of its children; the names follow OTP's supervisor and progress reports. */
export type SupervisorReport =
  /** OTP: progress. */
  | { readonly kind: 'started'; readonly child: string; readonly restarts: number }
  /** OTP: child_terminated. */
  | {
      readonly kind: 'crashed'
      readonly child: string
      readonly reason: string
      readonly restartInMs: number
    }
  /** OTP: start_error. */
  | { readonly kind: 'start-failed'; readonly child: string; readonly reason: string }
  /** OTP: reached_max_restart_intensity. */
  | { readonly kind: 'failed'; readonly child: string; readonly reason: string }
