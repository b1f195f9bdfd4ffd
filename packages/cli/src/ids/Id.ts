/** One word that stands for an id: the id itself, or the address of its page at Scenario. */
import { AssetId } from "@scenario-assets/core/Asset"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as IdKind from "./IdKind.ts"

export interface Id {
  readonly id: string
  /** By its prefix; `undefined` where it has none that is known. */
  readonly kind: IdKind.IdKind | undefined
}

/** Reads a word, or says in words why it is no id. What may be a secret is not repeated. */
export const read = (word: string): Result.Result<Id, string> => {
  if (isAddress(word)) return ofAddress(word)
  return isId(word)
    ? Result.succeed({ id: word, kind: IdKind.of(word) })
    : Result.fail(
        `${Redaction.quoted(word)} is not an id: an id is not empty, and has no spaces or any of / \\ ? # % = : , ;`
      )
}

/** Ids have nothing in them that separates words, or names from values: what has is something else, and perhaps a secret. */
const isId = (word: string): boolean => isSegment(word) && !/[=:,;]/.test(word)
const isSegment = Schema.is(AssetId)

export const isAddress = (word: string): boolean => looksLikeAddress.test(word)

const looksLikeAddress = /^(?:[a-z][a-z\d+.-]*:\/\/|(?:[\w-]+\.)*scenario\.com(?:[/?#]|$))/i

const ofAddress = (word: string): Result.Result<Id, string> => {
  const url = Option.getOrUndefined(parseUrl(word.includes("://") ? word : `https://${word}`))
  if (url === undefined) return Result.fail(`${Redaction.quoted(word)} is not a valid address; pass an id`)
  const parameters = [...url.searchParams, ...new URLSearchParams(url.hash.replace(/^[^?]*\?/, ""))]
  if (url.username !== "" || url.password !== "" || parameters.some(([name]) => isOfSignature.test(name))) {
    return Result.fail("a signed link is not an id, and grants access to whoever reads it; pass the id instead")
  }
  const shown = Redaction.quoted(`${url.host}${url.pathname}`)
  if (!/^https?:$/.test(url.protocol) || !/^(?:.+\.)?scenario\.com\.?$/.test(url.hostname)) {
    return Result.fail(`${shown} is not the address of a Scenario page; pass an id`)
  }
  const parts = [...url.pathname.split("/"), ...url.hash.split(/[/#?&=]/), ...parameters.map(([, value]) => value)]
  const found = new Map<string, IdKind.IdKind>()
  for (const part of parts) {
    const kind = IdKind.of(part)
    // In which project something is, its address may say besides.
    if (kind !== undefined && kind !== "project" && isId(part)) found.set(part, kind)
  }
  const [first, second] = found
  if (first === undefined) return Result.fail(`the address ${shown} has no id in it; pass an id such as asset_…`)
  return second === undefined
    ? Result.succeed({ id: first[0], kind: first[1] })
    : Result.fail(`the address ${shown} has several ids in it: ${[...found.keys()].join(", ")}; pass the one you mean`)
}

const parseUrl = Option.liftThrowable((text: string) => new URL(text))

const isOfSignature = /signature|policy|key-pair-id|^sig$|token|credential|secret|accesskey|accessid|^x-(?:amz|goog)-/i
