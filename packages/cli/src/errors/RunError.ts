/** Runs that cannot be resumed, or waited for. */
import { RunId } from "@scenario-assets/node/download/RunRecord"
import * as Schema from "effect/Schema"
import { resume } from "../runs/Recorded.ts"

/** No id was given, and none can be meant. */
export class NoUnfinishedRun extends Schema.TaggedError<NoUnfinishedRun>()("NoUnfinishedRun", {
  /** Those of other directories, in words. */
  others: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const others = this.others.length === 0 ? "" : `; give the id of another: ${this.others.join(", ")}`
    return `There is no unfinished run of this directory${others}.`
  }
}

/** There is nothing to wait for. */
export class NoJobBegun extends Schema.TaggedError<NoJobBegun>()("NoJobBegun", { runId: RunId }) {
  override get message(): string {
    return `Run ${this.runId} has begun no job; to begin them: ${resume(this.runId)}`
  }
}

/** Of another machine it is not known whether its process is still there. */
export class RunBusyElsewhere extends Schema.TaggedError<RunBusyElsewhere>()("RunBusyElsewhere", {
  runId: RunId,
  host: Schema.String
}) {
  override get message(): string {
    return `Run ${this.runId}, the latest of this directory, was begun on the machine ${this.host} and may still be under way there.`
  }
}
