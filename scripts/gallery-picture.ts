/** Writes docs/gallery.png anew: the page of a directory, as a browser shows it. With a directory, more pictures of it go there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { html } from "../packages/node/src/gallery/Gallery.ts"
import * as Chromium from "../packages/node/test/support/Chromium.ts"
import * as GalleryFiles from "../packages/node/test/support/GalleryFiles.ts"

const picture = fileURLToPath(new URL("../docs/gallery.png", import.meta.url))
const more = process.argv[2]

const take = Effect.gen(function* () {
  const directory = mkdtempSync(join(tmpdir(), "gallery-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
  const index = join(directory, "index.html")
  writeFileSync(index, html(GalleryFiles.make(directory, 96), { title: "Autumn renders" }))
  const browser = yield* Chromium.launch
  const shoot = (path: string, width: number, height: number, colorScheme: "dark" | "light", isOpen = false) =>
    Effect.promise(async () => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, timezoneId: "UTC" })
      await page.goto(pathToFileURL(index).href)
      if (isOpen) await page.locator(".open").nth(1).click()
      // Films show their first picture a moment later.
      await page.waitForTimeout(2000)
      await page.screenshot({ path })
      await page.close()
    })
  yield* shoot(picture, 1200, 820, "dark")
  if (more === undefined) return
  for (const theme of ["dark", "light"] as const) {
    yield* shoot(join(more, `wide-${theme}.png`), 1400, 900, theme)
    yield* shoot(join(more, `wide-open-${theme}.png`), 1400, 900, theme, true)
    yield* shoot(join(more, `phone-${theme}.png`), 390, 844, theme)
    yield* shoot(join(more, `phone-open-${theme}.png`), 390, 844, theme, true)
  }
})

await Effect.runPromise(Effect.scoped(take))
