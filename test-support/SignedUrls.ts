/** Signed URLs of texts that are some. */
import * as Result from "effect/Result"
import * as SignedUrl from "../packages/core/src/SignedUrl.ts"

export const signedUrl = (text: string): SignedUrl.SignedUrl => Result.getOrThrow(SignedUrl.make(text))
