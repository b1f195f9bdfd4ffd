/** What is in a bucket, seen by a client of the tests' own. */
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3"
import { Effect } from "effect"

export const keys = (client: S3Client, Bucket: string) =>
  Effect.map(
    Effect.promise(() => client.send(new ListObjectsV2Command({ Bucket }))),
    ({ Contents = [] }) => Contents.map(({ Key = "" }) => Key).toSorted()
  )

export const read = (client: S3Client, Bucket: string, Key: string) =>
  Effect.promise(async () => {
    const { Body, ContentType, Metadata = {} } = await client.send(new GetObjectCommand({ Bucket, Key }))
    return { bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), type: ContentType, metadata: Metadata }
  })
