/** A folder of a bucket as a destination. */
import {
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client
} from "@aws-sdk/client-s3"
import * as Destination from "@scenario-assets/node/download/Destination"
import * as MediaType from "@scenario-assets/node/file/MediaType"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { call, SdkFailure } from "./Client.ts"
import type { Options } from "./Options.ts"
import * as S3Error from "./S3Error.ts"
import * as Upload from "./Upload.ts"

interface Address {
  readonly bucket: string
  /** Without a slash at either end. */
  readonly prefix: string
}

/** The metadata of an object that has the CRC-32 of its content, in hexadecimal. */
const crcKey = "scenario-crc32"

const leastPartSize = 5 * 1024 * 1024
const usualPartSize = 8 * 1024 * 1024
const mostParts = 10_000

/** Objects that are looked at, at once. */
const concurrency = 16

/** What a store answers that knows no checksums of this kind. */
const unknownChecksum = new Set(["NotImplemented", "InvalidRequest", "InvalidArgument", "NotSupported"])

const encodeManifest = Schema.encodeEffect(Schema.fromJsonString(Destination.Manifest))

const crcOf = ({ crc32 }: Destination.Entry): string => crc32.toString(16).padStart(8, "0")

export const make = (
  client: S3Client,
  { bucket, prefix }: Address,
  { partSize = usualPartSize, sameBy = "crc32" }: Options
): Destination.Destination => {
  const root = prefix === "" ? "" : `${prefix}/`
  const placeOf = (key: string) => `s3://${bucket}/${key}`
  const explained =
    (operation: string, key: string, isFirst = false) =>
    (failure: SdkFailure) =>
      S3Error.explain(client, failure, { operation, place: placeOf(key), isFirst })

  const page = (Prefix: string, ContinuationToken: string | undefined, MaxKeys?: number) =>
    call<ListObjectsV2CommandOutput>((how) =>
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken, MaxKeys }), how)
    )

  /** The sizes of those of these objects that exist. */
  const sizes = Effect.fnUntraced(function* (folder: string, wanted: ReadonlySet<string>) {
    const found = new Map<string, number>()
    let token: string | undefined
    do {
      const { Contents = [], IsTruncated, NextContinuationToken } = yield* page(folder, token)
      for (const { Key, Size } of Contents) {
        if (Key !== undefined && Size !== undefined && wanted.has(Key)) found.set(Key, Size)
      }
      token = IsTruncated === true ? NextContinuationToken : undefined
    } while (token !== undefined)
    return found
  })

  /** Whether the metadata of an object has the checksum of a file. */
  const hasSum = (Key: string, entry: Destination.Entry) =>
    call((how) => client.send(new HeadObjectCommand({ Bucket: bucket, Key }), how)).pipe(
      Effect.map(({ Metadata }) => Metadata?.[crcKey] === crcOf(entry)),
      Effect.catchIf(
        (failure) => S3Error.factsOf(failure).status === 404,
        () => Effect.succeed(false)
      )
    )

  let takesChecksums = true

  const objectOf = (Key: string, entry: Destination.Entry) => {
    const ContentType = MediaType.ofFile(entry.path)
    return {
      Bucket: bucket,
      Key,
      Metadata: { [crcKey]: crcOf(entry) },
      ...(ContentType === undefined ? {} : { ContentType })
    }
  }

  /** In memory, for a stream is sent in a way that many stores refuse. */
  const putWhole = (Key: string, entry: Destination.Entry, Body: Uint8Array) => {
    const put = (withChecksum: boolean) => {
      const sum = Buffer.alloc(4)
      sum.writeUInt32BE(entry.crc32)
      // The store compares what it has got with what the archive says.
      const ChecksumCRC32 = withChecksum ? { ChecksumCRC32: sum.toString("base64") } : {}
      const object = { ...objectOf(Key, entry), Body, ContentLength: Body.length, ...ChecksumCRC32 }
      return call((how) => client.send(new PutObjectCommand(object), how))
    }
    if (!takesChecksums) return put(false)
    return Effect.catch(put(true), (failure) => {
      const { code, status } = S3Error.factsOf(failure)
      if (!unknownChecksum.has(code) && status !== 501) return Effect.fail(failure)
      // Only where it is taken without: then that was it, and it is the same for all others.
      return Effect.tap(put(false), () => Effect.sync(() => (takesChecksums = false)))
    })
  }

  const open = Effect.fnUntraced(function* (name: string) {
    const folder = name === "" ? root : `${root}${name}/`
    // Finds out what is wrong with credentials, bucket, region and endpoint.
    if (name === "") yield* Effect.catch(page(root, undefined, 1), explained("open", folder, true))

    const missing = Effect.fnUntraced(
      function* (entries: ReadonlyArray<Destination.Entry>) {
        const found = yield* sizes(folder, new Set(entries.map(({ path }) => folder + path)))
        const isThere = (entry: Destination.Entry) => {
          const key = folder + entry.path
          if (found.get(key) !== entry.size) return Effect.succeed(false)
          return sameBy === "size" ? Effect.succeed(true) : hasSum(key, entry)
        }
        const there = yield* Effect.forEach(entries, isThere, { concurrency })
        return entries.filter((_, index) => there[index] !== true)
      },
      Effect.catch(explained("list the objects of", folder))
    )

    const put = <E>(entry: Destination.Entry, content: Stream.Stream<Uint8Array, E>) => {
      const key = folder + entry.path
      const size = Math.max(leastPartSize, partSize, Math.ceil(entry.size / mostParts))
      const stored: Effect.Effect<unknown, SdkFailure | E> =
        entry.size > size
          ? Upload.run(client, objectOf(key, entry), size, content)
          : Effect.flatMap(Stream.runCollect(content), (pieces) => putWhole(key, entry, whole(pieces)))
      return stored.pipe(
        Effect.catchIf((error) => error instanceof SdkFailure, explained("store", key)),
        Effect.asVoid
      )
    }

    const complete = (manifest: Destination.Manifest) =>
      Effect.flatMap(Effect.orDie(encodeManifest(manifest)), (json) => {
        const key = folder + Destination.manifestName
        const object = { Bucket: bucket, Key: key, Body: Buffer.from(json), ContentType: "application/json" }
        return Effect.catch(
          call((how) => client.send(new PutObjectCommand(object), how)),
          explained("store", key)
        )
      })

    return { missing, put, complete: (manifest: Destination.Manifest) => Effect.asVoid(complete(manifest)) }
  })

  return { open }
}

const whole = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = pieces
  return first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces)
}
