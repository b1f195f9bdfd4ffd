/**
 * The archives of jobs: the selected assets under names made by the template, or as many pictures as make up a size.
 *
 * @since 0.1.0
 */
import type { ArchiveSize } from "../JobScript.ts"
import * as AssetFile from "./AssetFile.ts"
import type { Asset } from "./Catalogue.ts"
import * as Content from "./Content.ts"
import * as FileNames from "./FileNames.ts"
import * as Picture from "./Picture.ts"
import * as Png from "./Png.ts"
import * as Zip from "./Zip.ts"

/** The archive of assets. */
export const ofAssets = (assets: ReadonlyArray<Asset>, naming: FileNames.Naming, copy = 0): Content.Content => {
  const names = FileNames.make(
    assets.map((asset) => ({ ...asset, extension: AssetFile.formatOf(asset) })),
    naming
  )
  return Zip.make(assets.map((asset, index) => ({ name: names[index]!, content: AssetFile.content(asset, copy) })))
}

/**
 * An archive of a chosen size, none of it in memory. Its files are pictures, each filled up with noise that no
 * compressor makes smaller; files too small for a picture are noise alone, and end in `.bin`.
 */
export const ofSize = ({ entries = 1, size }: ArchiveSize, naming: FileNames.Naming, copy = 0): Content.Content => {
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
      made.set(key, Png.padded(Picture.fromSeed(index % distinctPictures), AssetFile.note(copy), noise, bytes))
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
