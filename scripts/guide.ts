/** Writes the programs of docs/library.md anew, after a change of one in examples/guide. */
import { readFileSync, writeFileSync } from "node:fs"

const document = new URL("../docs/library.md", import.meta.url)

/** A block follows a line that links its file. */
const text = readFileSync(document, "utf8").replaceAll(
  /(\(\.\.\/(examples\/guide\/[\w.]+\.ts)\)[^\n]*\n\n```ts\n)[^]*?(?=^```$)/gm,
  (_block, before: string, file: string) => before + readFileSync(new URL(`../${file}`, import.meta.url), "utf8")
)
writeFileSync(document, text)
