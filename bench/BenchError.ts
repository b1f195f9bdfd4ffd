/** Why a benchmark could not be run to its end: a peer that failed, bytes that differ, a disk that is too small. */
import * as Schema from "effect/Schema"

export class BenchError extends Schema.TaggedError<BenchError>()("BenchError", { message: Schema.String }) {}
