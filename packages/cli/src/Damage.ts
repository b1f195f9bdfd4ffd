/** Archives that are gone or not what they should be, in whose place a job done again may make whole ones. */
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"

export const isOf = ({ reason }: ArchiveError | TransferError): boolean => kinds.has(reason._tag)

const kinds: ReadonlySet<string> = new Set<(ArchiveError | TransferError)["reason"]["_tag"]>([
  "NotAnArchive",
  "Damaged",
  "WrongContent",
  "ObjectMissing"
])
