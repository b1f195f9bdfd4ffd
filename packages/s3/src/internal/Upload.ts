/**
 * A large content in parts. The upload is aborted, and that is waited for, where the content or a part fails, or it is interrupted:
 * so nothing of it stays at the store.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand
} from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { call, SdkFailure } from "./Client.ts"
import * as Parts from "./Parts.ts"

/** Parts that are sent while the next one comes. */
const concurrency = 2

export const run = <E>(
  client: S3Client,
  object: CreateMultipartUploadCommandInput,
  partSize: number,
  content: Stream.Stream<Uint8Array, E>
): Effect.Effect<void, SdkFailure | E> => {
  const { Bucket, Key } = object
  const begin = Effect.flatMap(
    call((how) => client.send(new CreateMultipartUploadCommand(object), how)),
    ({ UploadId }) =>
      UploadId === undefined
        ? Effect.fail(new SdkFailure(new Error("the store gave no upload")))
        : Effect.succeed(UploadId)
  )
  const send = (UploadId: string) => (Body: Uint8Array, index: number) => {
    const PartNumber = index + 1
    const part = { Bucket, Key, UploadId, PartNumber, Body }
    return Effect.map(
      call((how) => client.send(new UploadPartCommand(part), how)),
      ({ ETag }) => ({ PartNumber, ETag })
    )
  }
  const abort = (UploadId: string) =>
    call((how) => client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), how))

  return Effect.acquireUseRelease(
    begin,
    (UploadId) =>
      content.pipe(
        Parts.of(partSize),
        Stream.zipWithIndex,
        Stream.mapEffect(([body, index]) => send(UploadId)(body, index), { concurrency }),
        Stream.runCollect,
        Effect.flatMap((Parts) => {
          const done = { Bucket, Key, UploadId, MultipartUpload: { Parts } }
          return call((how) => client.send(new CompleteMultipartUploadCommand(done), how))
        }),
        Effect.asVoid
      ),
    (UploadId, exit) => (Exit.isSuccess(exit) ? Effect.void : Effect.ignore(abort(UploadId)))
  )
}
