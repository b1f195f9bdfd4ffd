/**
 * What happens during a transfer.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { StoredObject } from "./StoredObject.ts"

/**
 * One thing that happens. The bytes of a file come over several connections in the order of their arrival, else in their own; each
 * byte once. After `StartedOver` they come again from 0, and what came before must be forgotten.
 *
 * @category models
 * @since 0.1.0
 */
export type TransferEvent =
  /** The storage host has answered: this is the object, and the next byte has this offset. */
  | { readonly _tag: "Opened"; readonly object: StoredObject; readonly offset: number }
  | { readonly _tag: "Bytes"; readonly offset: number; readonly bytes: Uint8Array }
  /** The exchange failed and is tried again after a pause; `tries` counts those in vain since the last byte. */
  | {
      readonly _tag: "Retrying"
      readonly offset: number
      readonly tries: number
      readonly pause: Duration.Duration
      readonly fault: string
      /** The host's status, where it was one that is tried again. */
      readonly status?: number
    }
  /** The storage host refused the link, and a fresh one was asked for. */
  | { readonly _tag: "Refreshed"; readonly offset: number; readonly status: number }
  /** The host would not go on from the offset reached; `sameObject` where it proved to send the same bytes once more. */
  | { readonly _tag: "StartedOver"; readonly discarded: number; readonly sameObject: boolean }
  /** So many connections read the object from now on. */
  | { readonly _tag: "Segments"; readonly connections: number }
