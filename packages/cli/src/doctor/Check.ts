/** What `doctor` has looked at, and found. */
export interface Check {
  /** What was looked at. */
  readonly check: string
  readonly status: "ok" | "warning" | "problem"
  readonly message: string
  /** What to do. */
  readonly advice?: string
  /** What a run would end with. */
  readonly exitCode?: number
}

export const ok = (check: string, message: string): Check => ({ check, status: "ok", message })

/** Something that may go wrong, or that a person would want to know. */
export const warning = (check: string, message: string, advice: string): Check => ({
  check,
  status: "warning",
  message,
  advice
})

/** Something that will go wrong. */
export const problem = (check: string, message: string, advice: string, exitCode: number): Check => ({
  check,
  status: "problem",
  message,
  advice,
  exitCode
})
