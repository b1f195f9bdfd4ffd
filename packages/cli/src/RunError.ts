/** Runs that cannot be gone on with. */
import * as Schema from "effect/Schema"

export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", { message: Schema.String }) {}

/** Of another machine it is not known whether its process is still there. */
export class RunBusyElsewhere extends Schema.TaggedError<RunBusyElsewhere>()("RunBusyElsewhere", {
  runId: Schema.String,
  host: Schema.String
}) {
  override get message(): string {
    return `Run ${this.runId}, the latest of this directory, was begun on the machine ${this.host} and may still go on there.`
  }
}

export class RunBusy extends Schema.TaggedError<RunBusy>()("RunBusy", { runId: Schema.String, pid: Schema.Int }) {
  override get message(): string {
    return `Run ${this.runId} is going on, as process ${this.pid}; wait for it to end, or end that process.`
  }
}
