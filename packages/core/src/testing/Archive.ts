/**
 * The archives of jobs: the selected assets under names made by the template, or as many pictures as make up a size.
 *
 * @since 0.1.0
 */
import type { FileNameTemplate } from "../FileNameTemplate.ts"
import type { Asset } from "./Catalogue.ts"
import * as Content from "./Content.ts"
import * as FileNames from "./FileNames.ts"
import * as Png from "./internal/Png.ts"
import type { ArchiveSize } from "./JobScript.ts"
import * as Picture from "./Picture.ts"
import * as PictureFormat from "./PictureFormat.ts"
import * as Zip from "./Zip.ts"

/**
 * How the files of an archive are named.
 *
 * @category models
 * @since 0.1.0
 */
export interface Naming {
  readonly fileNameTemplate: FileNameTemplate
  readonly flat?: boolean | undefined
}

/**
 * The bytes of an asset in a format. Of each there are as many copies as one likes: they look alike, have the same
 * length, and differ in a comment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const assetContent = (
  asset: Pick<Asset, "seed">,
  format: PictureFormat.PictureFormat,
  copy = 0
): Content.Content => Content.lazy(() => PictureFormat.encode(Picture.fromSeed(asset.seed), format, note(copy)))

/**
 * The archive of assets.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofAssets = (assets: ReadonlyArray<Asset>, naming: Naming, copy = 0): Content.Content => {
  const files = assets.map((asset) => ({ ...asset, extension: formatOf(asset) }))
  const names = FileNames.make(files, naming)
  return Zip.make(
    files.map((file, index) => ({
      name: names[index]!,
      content: assetContent(file, file.extension, copy)
    }))
  )
}

/**
 * The format an asset has in an archive.
 *
 * @category getters
 * @since 0.1.0
 */
export const formatOf = (asset: Pick<Asset, "kind">): PictureFormat.PictureFormat =>
  asset.kind === "3d" ? "obj" : "png"

/**
 * An archive of a chosen size, none of it in memory. Its files are pictures, each filled up with noise that no
 * compressor makes smaller; files too small for a picture are noise alone, and end in `.bin`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofSize = ({ entries = 1, size }: ArchiveSize, naming: Naming, copy = 0): Content.Content => {
  const noise = Content.noise(copy)
  const files = (extension: string) =>
    FileNames.make(
      Array.from({ length: entries }, (_, index) => ({
        inferenceId: `inf_${String(Math.floor(index / filesPerInference)).padStart(5, "0")}`,
        seed: index,
        num: index % filesPerInference,
        prompt: "picture",
        generator: "emulator",
        extension
      })),
      naming
    )
  const names = files("png")
  const zip64 = size >= Zip.sizeOfZip64
  const data = Math.max(0, size - Zip.overhead(names, zip64))
  const smaller = entries === 0 ? 0 : Math.floor(data / entries)
  const larger = entries === 0 ? 0 : data - smaller * entries

  const made = new Map<string, Content.Content | undefined>()
  const picture = (index: number) => {
    const bytes = index < larger ? smaller + 1 : smaller
    const key = `${index % distinctPictures} ${bytes}`
    if (!made.has(key)) {
      made.set(key, Png.padded(Picture.fromSeed(index % distinctPictures), note(copy), noise, bytes))
    }
    return made.get(key) ?? Content.repeat(noise, bytes)
  }
  const contents = names.map((_, index) => picture(index))
  const allPictures = [...made.values()].every((content) => content !== undefined)
  const finalNames = allPictures ? names : files("bin")
  return Zip.make(
    contents.map((content, index) => ({ name: finalNames[index]!, content })),
    { zip64 }
  )
}

/** Pictures repeat after so many files, so that 50,000 files cost no more than 64. */
const distinctPictures = 64
const filesPerInference = 100

const note = (copy: number): string => `scenario-assets emulator, copy ${String(copy).padStart(4, "0")}`
