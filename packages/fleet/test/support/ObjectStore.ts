/** A store in memory that speaks S3, and the environment that leads to it. */
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3"
import { Effect } from "effect"
import { buildApp } from "fauxqs"
import * as Canary from "../../../../test-support/Canary.ts"

export const bucket = "renders"

export const make = Effect.gen(function* () {
  const app = buildApp({ logger: false, host: "127.0.0.1" })
  const endpoint = yield* Effect.acquireRelease(
    Effect.promise(() => app.listen({ port: 0, host: "127.0.0.1" })),
    () =>
      Effect.promise(() => {
        app.server.closeAllConnections()
        return app.close()
      })
  )
  const client = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new S3Client({
          endpoint,
          region: "us-east-1",
          forcePathStyle: true,
          requestChecksumCalculation: "WHEN_REQUIRED",
          credentials: { accessKeyId: Canary.key, secretAccessKey: Canary.secret }
        })
    ),
    (client) => Effect.sync(() => client.destroy())
  )
  yield* Effect.promise(() => client.send(new CreateBucketCommand({ Bucket: bucket })))
  return {
    env: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: Canary.key,
      AWS_SECRET_ACCESS_KEY: Canary.secret
    },
    keys: Effect.promise(async () => {
      const keys: Array<string> = []
      let after: string | undefined
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, ...(after === undefined ? {} : { ContinuationToken: after }) })
        )
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])))
        after = page.NextContinuationToken
      } while (after !== undefined)
      return keys
    })
  }
})
