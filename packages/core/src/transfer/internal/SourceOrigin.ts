/** Where a source leads to, for messages. */
import * as SignedUrl from "../../SignedUrl.ts"
import type { Source } from "../Source.ts"

/** The host that its link leads to, for messages; asks for none. */
export const of = ({ url }: Pick<Source, "url">): string =>
  url === undefined ? "the storage host" : SignedUrl.origin(url)
