/** Compares README.md and docs/*.md with what they speak of: programs, files, headings and modules. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = resolve(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")
const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: root })]

/** The text without its blocks of code. */
const prose = (text: string) => text.replaceAll(/^```[^]*?^```$/gm, "")

/** The anchors of a document, as GitHub makes them of headings. */
const anchors = (text: string) =>
  new Set(
    Array.from(prose(text).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(/\s/g, "-")
    )
  )

describe.each(documents)("%s", (document) => {
  it("has links that lead somewhere", () => {
    const links = Array.from(prose(read(document)).matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link)
    for (const link of links.filter((link) => !/^https?:/.test(link))) {
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? document : join(dirname(document), path)
      assert.isTrue(existsSync(join(root, target)), `${link} does not exist`)
      if (anchor !== undefined) assert.isTrue(anchors(read(target)).has(anchor), `${link} has no such heading`)
    }
  })
})

describe("docs/library.md", () => {
  it("has the programs of examples/guide, each as it is", () => {
    const blocks = Array.from(read("docs/library.md").matchAll(/^```ts\n([^]*?)^```$/gm), ([, code]) => code)
    const files = globSync("examples/guide/[0-9]*.ts", { cwd: root }).toSorted()
    assert.isNotEmpty(files)
    assert.deepStrictEqual(blocks, files.map(read), "run node scripts/guide.ts")
  })
})

describe("modules", () => {
  const sources = globSync("packages/*/src/**/*.ts", { cwd: root }).map((path) => `/${path.replaceAll("\\", "/")}`)
  const exists = (name: string) =>
    sources.some((path) => (name.endsWith("/") ? path.includes(`/${name}`) : path.endsWith(`/${name}.ts`)))

  /** What stands in backticks and looks like `Transfer`, `internal/Names` or `archive/`; not modules of Effect. */
  const modulesIn = (document: string) =>
    Array.from(prose(read(document)).matchAll(/`([^`\n]+)`/g), ([, name = ""]) => name).filter(
      (name) => /^(\w+\/)*([A-Z]\w*|\w+\/)$/.test(name) && !name.startsWith("effect/")
    )

  it("that docs/architecture.md names exist", () => {
    const names = modulesIn("docs/architecture.md")
    assert.isAbove(names.length, 50)
    for (const name of new Set(names)) assert.isTrue(exists(name), `there is no module or folder ${name}`)
  })

  it("that docs/decisions.md names by their paths exist", () => {
    for (const name of modulesIn("docs/decisions.md").filter((name) => name.includes("/"))) {
      assert.isTrue(exists(name), `there is no module or folder ${name}`)
    }
  })
})
