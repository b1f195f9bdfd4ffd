/** Archives that are not what they should be, and may be when they come again. */
import type { ArchiveError } from "@scenario-assets/core/ArchiveError"

export const isOf = ({ reason }: ArchiveError): boolean =>
  reason._tag === "NotAnArchive" || reason._tag === "Damaged" || reason._tag === "WrongContent"
