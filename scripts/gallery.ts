/** Writes packages/node/src/gallery/internal/Page.ts anew: script and style of the page, as texts. After a change of gallery/page. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const gallery = new URL("../packages/node/src/gallery/", import.meta.url)

/** The module, as it should be. */
export async function page(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("page/Main.ts", gallery)),
    platform: "browser",
    onLog: (_level, log) => {
      throw new Error(log.message)
    }
  })
  const { output } = await bundle.generate({ format: "iife", comments: false })
  await bundle.close()
  const style = readFileSync(new URL("page/page.css", gallery), "utf8").replaceAll("\r\n", "\n")
  return [
    "// Made by scripts/gallery.ts from gallery/page: change it there.",
    "",
    "/** The script of the page. */",
    `export const script: string = ${literal(output[0].code)}`,
    "",
    "/** The style of the page. */",
    `export const style: string = ${literal(style)}`,
    ""
  ].join("\n")
}

/** The text between backticks. It stands in a page as it is, so nothing in it may end its element. */
function literal(text: string): string {
  const end = /<\/|<!--/.exec(text)
  if (end !== null) throw new Error(`"${end[0]}" would end the script or the style of the page`)
  return `\`${text.replace(/[\\`]|\$\{/g, String.raw`\$&`)}\``
}

if (import.meta.main) writeFileSync(new URL("internal/Page.ts", gallery), await page())
