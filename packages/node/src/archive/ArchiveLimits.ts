/**
 * How much an archive may hold. Checked on what the archive says of itself, before anything is written; what comes out is
 * counted as well, so an archive that lies gets no further.
 *
 * @since 0.1.0
 */
/**
 * The limits, each the most that is allowed. `Infinity` is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveLimits {
  /** How many entries. */
  readonly entries: number
  /** The bytes of all files. */
  readonly totalSize: number
  /** The bytes of one file. */
  readonly entrySize: number
  /** The bytes of all files for each of their bytes in the archive; looked at only where they are more than 1 GiB. */
  readonly ratio: number
  /** The bytes of the central directory, which is held in memory. */
  readonly directorySize: number
}

/**
 * Far more than any archive of assets has: a million entries, 1 TiB in all, 256 GiB for one file, a directory of 256 MiB.
 *
 * The ratio is 100. Deflate reaches 1032 at the most, and a blank bitmap comes near that; but pictures are compressed
 * already, models and text shrink to a fifth, so more than 1 GiB of files at 100 to 1 is meant to fill a disk.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: ArchiveLimits = {
  entries: 1_000_000,
  totalSize: 2 ** 40,
  entrySize: 2 ** 38,
  ratio: 100,
  directorySize: 2 ** 28
}

/**
 * The defaults, but for so many bytes of files in all, and at whatever ratio: who says how much is meant need
 * not say more.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofSize = (bytes: number): ArchiveLimits => ({
  ...defaults,
  totalSize: bytes,
  entrySize: bytes,
  ratio: Number.POSITIVE_INFINITY
})
