/** How to reach a store. */
import type * as Redacted from "effect/Redacted"

/**
 * How to reach the store. What is left out is found as the tools of AWS find it: in the environment (`AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`), in the files of `~/.aws`, or from
 * the role of the machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Where another store than that of AWS is, such as `http://127.0.0.1:9000`. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** The bucket in the path instead of the host. Default: with an endpoint that is given, here or in the environment. */
  readonly forcePathStyle?: boolean | undefined
  readonly credentials?: Credentials | undefined
  /**
   * A larger content is sent in parts of so many bytes, which are held in memory, three at once for each file. At least 5 MiB.
   * Default 8 MiB, or more where there would be too many parts.
   */
  readonly partSize?: number | undefined
  /**
   * When an object is a file that is there already: `crc32`, where it has the same size, and its metadata the same checksum, which
   * takes a request for each such file; or `size`, where the folder holds nothing but what this download has stored. Default `crc32`.
   */
  readonly sameBy?: "crc32" | "size" | undefined
}

/**
 * Credentials of the program's own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Credentials {
  readonly accessKeyId: Redacted.Redacted
  readonly secretAccessKey: Redacted.Redacted
  readonly sessionToken?: Redacted.Redacted | undefined
}
