/** Runs that cannot be gone on with. */
import * as Schema from "effect/Schema"

export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", { message: Schema.String }) {}

export class RunBusy extends Schema.TaggedError<RunBusy>()("RunBusy", { runId: Schema.String, pid: Schema.Int }) {
  override get message(): string {
    return `Run ${this.runId} is going on, as process ${this.pid}; wait for it to end, or end that process.`
  }
}
