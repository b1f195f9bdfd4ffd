import { once } from "node:events"
/** The page of a directory in a real browser, from a disk: what is seen, what keys do, and that nothing leaves the page. */
import { writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Gallery } from "@scenario-assets/node"
import { Effect } from "effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Chromium from "../support/Chromium.ts"
import * as GalleryFiles from "../support/GalleryFiles.ts"

/** Writes a page beside the files of a directory, and gives its address. */
const write = (directory: string, items: ReadonlyArray<Gallery.Item>): string => {
  const file = join(directory, "index.html")
  writeFileSync(file, Gallery.html(items, { title: "Renders" }))
  return pathToFileURL(file).href
}

/** Opens an address, and does something with the page. Nothing may go wrong meanwhile, and no request may leave the disk. */
const visit = Effect.fnUntraced(function* (
  address: string,
  run: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {}
) {
  const browser = yield* Chromium.launch
  yield* Effect.promise(async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: "UTC", ...options })
    const page = await context.newPage()
    const troubles: Array<string> = []
    page.on("console", (message) => {
      if (message.type() !== "log") troubles.push(message.text())
    })
    page.on("pageerror", (error) => troubles.push(String(error)))
    page.on("dialog", (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(address).origin) troubles.push(`request: ${request.url()}`)
    })
    await page.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective}`))
    )
    await page.goto(address)
    await run(page)
    assert.deepStrictEqual(troubles, [])
    await context.close()
  })
}, Effect.scoped)

const count = (page: Page) => page.locator("output").textContent()
const titles = (page: Page) => page.locator(".card b").allTextContents()
/** Waits until something holds. */
const until = async (what: string, holds: () => Promise<boolean>) => {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  assert.fail(`never: ${what}`)
}
/** Elements and texts, all of them. */
const nodes = (page: Page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    let count = 0
    while (walker.nextNode() !== null) count++
    return count
  })

const odd = [
  "50% #1?.png",
  `it's & "so" <b>.png`,
  "back\\slash.png",
  "🐉 dragon.png",
  "שלום.png",
  "javascript:alert(1).png",
  "a/b #2/%41.png"
]

describe.skipIf(Chromium.executable === undefined)("the page of a directory in chromium", () => {
  it.live("shows pictures, films and sounds, whatever their names (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    for (const [seed, path] of odd.entries()) GalleryFiles.write(directory, path, "image", seed)
    GalleryFiles.write(directory, "films/film #1.mp4", "video", 1)
    GalleryFiles.write(directory, "bell.wav", "audio", 1)
    GalleryFiles.write(directory, "land.obj", "3d", 1)
    return Effect.gen(function* () {
      const items = yield* Gallery.itemsOf(directory)
      yield* visit(write(directory, items), async (page) => {
        assert.strictEqual(await count(page), `${odd.length + 3} files`)
        const widths = () =>
          page.locator(".card img").evaluateAll((images) => images.map((image) => Reflect.get(image, "naturalWidth")))
        await until("all pictures are loaded", async () => {
          const found = await widths()
          return found.length === odd.length && found.every((width) => width === 256)
        })
        const film = page.locator(".card video")
        await until("the film has a size", () => film.evaluate((video) => Reflect.get(video, "videoWidth") === 32))
        const sound = page.locator(".card audio")
        await sound.evaluate((audio) => (audio instanceof HTMLAudioElement ? audio.play() : undefined))
        await until("the sound has a length", () => sound.evaluate((audio) => Reflect.get(audio, "duration") === 0.25))
        const land = page.locator(".card", { hasText: "land.obj" }).locator(".face")
        assert.strictEqual(await land.getAttribute("data-label"), "OBJ")
        // A link leads to the file itself.
        await page.locator(".open", { hasText: "50% #1?" }).click()
        const link = page.getByRole("link", { name: "Open the file" })
        assert.strictEqual(await link.getAttribute("href"), "./50%25%20%231%3F.png")
        const [opened] = await Promise.all([page.waitForEvent("popup"), link.click()])
        await opened.waitForLoadState()
        assert.strictEqual(opened.url(), pathToFileURL(join(directory, "50% #1?.png")).href)
      })
    })
  })

  it.live("says so where a file is gone (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    return Effect.gen(function* () {
      const browser = yield* Chromium.launch
      yield* Effect.promise(async () => {
        const page = await browser.newPage()
        await page.goto(write(directory, [{ path: "gone.png" }, { path: "gone.mp4" }]))
        await until("both are named", async () => (await page.locator('[data-note="Cannot be shown"]').count()) === 2)
      })
    }).pipe(Effect.scoped)
  })

  it.live("searches, filters and sorts (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    const items = GalleryFiles.make(directory, 48)
    return visit(write(directory, items), async (page) => {
      const search = page.getByRole("searchbox")
      assert.strictEqual(await count(page), "48 files")
      await page.evaluate(() => scrollTo({ top: 1500 }))
      await search.fill("FOX eight-fold")
      assert.strictEqual(await page.evaluate(() => scrollY), 0)
      const foxes = items.filter(({ prompt }) => prompt?.includes("fox")).length
      assert.strictEqual(await count(page), `${foxes} of 48`)
      await search.fill("藤の花")
      assert.isTrue((await titles(page)).every((title) => title.includes("藤の花")))
      for (const query of [items[3]?.seed, items[3]?.id, items[3]?.path]) {
        await search.fill(query ?? "")
        assert.strictEqual(await count(page), "1 of 48")
      }
      await search.fill("nowhere to be found")
      assert.strictEqual(await count(page), "0 of 48")
      await page.getByRole("button", { name: "Clear search and filters" }).click()
      assert.strictEqual(await count(page), "48 files")

      await page.getByRole("button", { name: "Audio 4" }).click()
      assert.strictEqual(await count(page), "4 of 48")
      await until("there are four players", async () => (await page.locator(".card audio").count()) === 4)
      await page.getByRole("button", { name: "All", exact: true }).click()
      await page.getByLabel("Model").selectOption("model_guild-badges")
      const badges = items.filter(({ modelId }) => modelId === "model_guild-badges").length
      assert.strictEqual(await count(page), `${badges} of 48`)
      // A page that is reloaded, or come back to, is as it was.
      await search.fill("final")
      const before = await count(page)
      assert.notStrictEqual(before, `${badges} of 48`)
      await until("the search is kept", () =>
        page.evaluate(() => Reflect.get(Object(history.state), "query") === "final")
      )
      await page.reload()
      assert.strictEqual(await count(page), before)
      assert.strictEqual(await search.inputValue(), "final")
      await search.fill("")
      await page.getByLabel("Model").selectOption("")

      const ids = async () => {
        const first = await page.locator('.card[aria-posinset="1"] small').textContent()
        return /seed \u2068?(\d+)/.exec(first ?? "")?.[1]
      }
      assert.strictEqual(await ids(), items[0]?.seed)
      await page.getByLabel("Sort by").selectOption("oldest")
      assert.strictEqual(await ids(), items.at(-1)?.seed)
      await page.getByLabel("Sort by").selectOption("name")
      assert.strictEqual(await ids(), items[1]?.seed)
      await page.getByLabel("Sort by").selectOption("size")
      const largest = Math.max(...items.map(({ bytes }) => bytes ?? 0))
      assert.strictEqual(items.find((item) => item.bytes === largest)?.seed, await ids())
    })
  })

  it.live("offers no filters where there is nothing to choose (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    GalleryFiles.write(directory, "a.png", "image", 1)
    return Effect.gen(function* () {
      yield* visit(write(directory, [{ path: "a.png" }]), async (page) => {
        assert.strictEqual(await count(page), "1 file")
        assert.strictEqual(await page.locator(".chip, select").count(), 0)
      })
      yield* visit(write(directory, []), async (page) => {
        assert.isTrue(await page.getByText("There are no files here yet.").isVisible())
      })
    })
  })

  it.live("shows one file large, and walks by keys (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    const items = GalleryFiles.make(directory, 40)
    const run = async (page: Page) => {
      const place = page.locator(".place")
      const dialog = page.getByRole("dialog")
      // From the keyboard alone.
      await page.locator(".open").first().focus()
      await page.keyboard.press("ArrowRight")
      await page.keyboard.press("Enter")
      assert.strictEqual(await place.textContent(), "2 of 40")
      for (const [key, expected] of [
        ["ArrowRight", "3"],
        ["ArrowLeft", "2"],
        ["End", "40"],
        ["ArrowRight", "40"],
        ["ArrowLeft", "39"],
        ["Home", "1"],
        ["ArrowLeft", "1"],
        ["ArrowRight", "2"]
      ] as const) {
        await page.keyboard.press(key)
        assert.strictEqual(await place.textContent(), `${expected} of 40`, key)
      }
      const picture = dialog.locator("img")
      await until("the picture is large", () => picture.evaluate((image) => image.clientWidth > 400))
      await page.getByRole("button", { name: "Copy prompt" }).click()
      await until("it is copied", async () => (await page.locator(".status").textContent()) === "Copied")
      assert.strictEqual(await page.evaluate(() => navigator.clipboard.readText()), items[1]?.prompt)
      await page.keyboard.press("End")
      await page.keyboard.press("Escape")
      assert.strictEqual(await dialog.count(), 0)
      // The focus is on the card of what was seen last, wherever that is.
      const focused = () => page.evaluate(() => document.activeElement?.closest("li")?.getAttribute("aria-posinset"))
      assert.strictEqual(await focused(), "40")
      await page.keyboard.press("Home")
      assert.strictEqual(await focused(), "1")
      await page.keyboard.press("ArrowDown")
      assert.strictEqual(await focused(), "6")
      // All cards are reached by the Tab key, though most of them do not exist when it is first pressed.
      const seen = new Set<string>()
      for (let presses = 0; presses < 120; presses++) {
        await page.keyboard.press("Tab")
        seen.add((await focused()) ?? "")
      }
      for (let index = 7; index <= 40; index++) assert.isTrue(seen.has(String(index)), `card ${index} by Tab`)
    }
    return visit(write(directory, items), run, { permissions: ["clipboard-read", "clipboard-write"] })
  })

  it.live("shows hostile texts as texts (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    GalleryFiles.write(directory, "a.png", "image", 1)
    const prompt = `</script><img src=x onerror="alert(1)"><script>alert(2)</script><!-- \u202Egnp.exe \u0007`
    const item = { path: "a.png", prompt, name: prompt, modelId: prompt, seed: prompt, tags: [prompt], kind: prompt }
    return visit(write(directory, [item, { ...item, kind: "image", modelId: "b" }]), async (page) => {
      assert.include((await titles(page))[0], `</script><img src=x onerror="alert(1)">`)
      assert.include((await titles(page))[0], "\\u{202e}gnp.exe \\u{7}")
      await page.locator(".open").first().click()
      assert.include(await page.locator(".prompt").first().textContent(), "<script>alert(2)</script><!-- \\u{202e}")
      assert.strictEqual(await page.locator('img[src="x"]').count(), 0)
      assert.strictEqual(await page.locator("script").count(), 2)
      await page.waitForTimeout(200)
    })
  })

  it.live("is dark or light as the system is, or as one wants (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    return visit(write(directory, GalleryFiles.make(directory, 4)), async (page) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      await page.emulateMedia({ colorScheme: "light" })
      const light = await ground()
      await page.emulateMedia({ colorScheme: "dark" })
      const dark = await ground()
      assert.notStrictEqual(light, dark)
      await page.getByRole("button", { name: "Switch to light mode" }).click()
      assert.strictEqual(await ground(), light)
      await page.reload()
      assert.strictEqual(await ground(), light)
      await page.getByRole("button", { name: "Switch to dark mode" }).click()
      assert.strictEqual(await ground(), dark)
    })
  })

  it.live("fits a phone, and keeps its place when it is turned (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    const run = async (page: Page) => {
      const overflow = () =>
        page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
      assert.isFalse(await overflow())
      await page.evaluate(() => scrollTo({ top: 3000 }))
      await until(
        "cards are there",
        async () => (await page.locator(".card").first().getAttribute("aria-posinset")) !== "1"
      )
      /** The first card that begins on the screen. */
      const first = () =>
        page.evaluate(() => {
          const cards = [...document.querySelectorAll(".card")]
          return Number(cards.find((card) => card.getBoundingClientRect().top >= -1)?.getAttribute("aria-posinset"))
        })
      const before = await first()
      await page.setViewportSize({ width: 844, height: 390 })
      await until("it is laid out anew", async () => Math.abs((await first()) - before) <= 8)
      assert.isFalse(await overflow())
      const scrolled = await page.evaluate(() => scrollY)
      assert.isAbove(scrolled, 0)
      await page.reload()
      await until("it is where it was", async () => Math.abs((await page.evaluate(() => scrollY)) - scrolled) < 2)
    }
    return visit(write(directory, GalleryFiles.make(directory, 96)), run, { viewport: { width: 390, height: 844 } })
  })

  it.live("shows pictures of a server as well (needs chromium)", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("gallery")
      GalleryFiles.write(directory, "a.png", "image", 1)
      const html = Gallery.html([{ path: "a.png" }])
      const { readFileSync } = yield* Effect.promise(() => import("node:fs"))
      const server = createServer((request, response) => {
        const isPicture = request.url === "/a.png"
        response.setHeader("content-type", isPicture ? "image/png" : "text/html")
        response.end(isPicture ? readFileSync(join(directory, "a.png")) : html)
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close().closeAllConnections()))
      yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
      const address = server.address()
      assert(typeof address === "object" && address !== null)
      yield* visit(`http://127.0.0.1:${address.port}/`, async (page) => {
        const image = page.locator(".card img")
        await until("the picture is loaded", () =>
          image.evaluate((found) => Reflect.get(found, "naturalWidth") === 256)
        )
      })
    }).pipe(Effect.scoped)
  )

  it.live("has 500 nodes at most, of 10,000 files and on any screen (needs chromium)", () => {
    const directory = TestDirectory.make("gallery")
    const files = GalleryFiles.make(directory, 120)
    const items = Array.from({ length: 10_000 }, (_, index): Gallery.Item => {
      const file = files[index % files.length] ?? { path: "" }
      return {
        ...file,
        seed: String(index),
        id: `asset_${index}`,
        modelId: `model_${index % 400}`,
        tags: [`tag${index % 7}`]
      }
    })
    return visit(write(directory, items), async (page) => {
      assert.strictEqual(await count(page), "10,000 files")
      let most = 0
      for (const size of [
        { width: 390, height: 844 },
        { width: 2560, height: 1440 },
        { width: 3840, height: 2160 },
        { width: 1280, height: 800 }
      ]) {
        await page.setViewportSize(size)
        await page.waitForTimeout(150)
        const found = await nodes(page)
        most = Math.max(most, found)
        assert.isAtMost(found, 500, `at ${size.width} × ${size.height}`)
      }
      await page.evaluate(() => scrollTo({ top: 0 }))
      // A turn of the wheel in each frame, then in leaps to the end.
      const scrolled = await page.evaluate(async () => {
        const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
        const all = () => {
          const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
          let count = 0
          while (walker.nextNode() !== null) count++
          return count
        }
        const turns: Array<number> = []
        const leaps: Array<number> = []
        let most = 0
        let last = await frame()
        for (let step = 0; step < 400; step++) {
          const isTurn = step < 300
          scrollBy({ top: isTurn ? 120 : document.documentElement.scrollHeight / 90 })
          const now = await frame()
          ;(isTurn ? turns : leaps).push(now - last)
          last = now
          most = Math.max(most, all())
        }
        const isAtEnd = Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight) < 2
        return { turns, leaps, most, isAtEnd }
      })
      assert.isTrue(scrolled.isAtEnd)
      await until("the last card is there", async () => (await page.locator('[aria-posinset="10000"]').count()) === 1)
      most = Math.max(most, scrolled.most)
      assert.isAtMost(most, 500)
      await page.locator(".open").last().click()
      assert.isAtMost(await nodes(page), 500)
      await page.keyboard.press("Home")
      await page.keyboard.press("Escape")
      const searches = await page.evaluate(() => {
        const search = document.querySelector("input")
        const words = ["f", "fo", "fox", "fox tag3", "nowhere", "asset_9", "藤", "MODEL_12 final", ""]
        return words.map((word) => {
          const start = performance.now()
          if (search !== null) search.value = word
          search?.dispatchEvent(new Event("input"))
          return performance.now() - start
        })
      })
      assert.strictEqual(await count(page), "10,000 files")
      assert.isAtMost(await nodes(page), 500)
      const figures = (times: ReadonlyArray<number>) => {
        const [median, p95] = [0.5, 0.95].map(
          (part) => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)]
        )
        return `median ${median?.toFixed(1)} ms, p95 ${p95?.toFixed(1)} ms`
      }
      console.log(
        `10,000 files, ${most} nodes at most. A frame: ${figures(scrolled.turns)}; with a leap: ${figures(scrolled.leaps)}. ` +
          `A search: ${figures(searches)}`
      )
    })
  })
})
