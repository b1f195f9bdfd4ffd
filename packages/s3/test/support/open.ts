/** Opens a folder with what the environment has, in a process of its own. */
import { S3Destination } from "@scenario-assets/s3"
import { Effect } from "effect"

const program = Effect.scoped(
  Effect.flatMap(S3Destination.make("s3://renders/folder"), (destination) => destination.open(""))
)
console.log(await Effect.runPromise(Effect.match(program, { onSuccess: () => "opened", onFailure: String })))
