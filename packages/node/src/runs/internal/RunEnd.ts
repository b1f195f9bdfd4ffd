/** What the record of a run says of its end. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** How a run ended that came to no report. */
export const ofExit = (exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return { state: "interrupted" } as const
  // What a defect says is nobody's promise, and might hold a secret.
  return Option.match(Cause.findErrorOption(exit.cause), {
    onNone: () => ({ state: "incomplete" }) as const,
    onSome: (error) => ({ state: "incomplete", message: error instanceof Error ? error.message : "" }) as const
  })
}
