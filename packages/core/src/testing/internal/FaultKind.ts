/**
 * Whom a fault meets, and what goes wrong.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import { ApiError, type Operation } from "../../ApiError.ts"

/**
 * Which requests a fault meets: those of one operation, or those to the storage host.
 *
 * @category models
 * @since 0.1.0
 */
export type Target = Operation | "storage"

/** @category constants @since 0.1.0 */
export const targets: ReadonlyArray<Target> = [...ApiError.fields.operation.literals, "storage"]

/**
 * What goes wrong. Numbers are bytes of the body.
 *
 * @category models
 * @since 0.1.0
 */
export type Kind = Data.TaggedEnum<{
  Delay: { readonly duration: Duration.Duration }
  Throttle: { readonly bytesPerSecond: number }
  Status: {
    readonly status: number
    readonly retryAfter: Duration.Duration | undefined
    readonly retryAfterAs: "seconds" | "date"
    readonly body: string | undefined
    readonly contentType: string | undefined
  }
  Html: {}
  MalformedJson: {}
  Redirect: { readonly status: number; readonly hops: number; readonly location: string | undefined }
  Drop: {}
  Reset: { readonly after: number }
  Cut: { readonly after: number }
  CutUndeclared: { readonly after: number }
  Stall: { readonly after: number }
  WrongLength: { readonly by: number }
  ChangedETag: {}
  WeakETag: {}
  NoETag: {}
  IgnoreRange: {}
  WrongRange: {}
  WrongChecksum: {}
  Corrupt: { readonly at: number }
}>

/** @category constructors @since 0.1.0 */
export const Kind = Data.taggedEnum<Kind>()
