/** Compares README.md and docs/*.md with what they speak of: programs, files, headings and modules. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import {
  ApiError,
  Archives,
  AssetCatalog,
  AssetDownload,
  JobError,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  StorageClient,
  Transfer,
  TransferError
} from "@scenario-assets/core"
import {
  ArchiveError,
  ArchiveReader,
  Destination,
  Downloads,
  Extraction,
  FileDownload,
  FileError,
  Runs
} from "@scenario-assets/node"
import type { Layer } from "effect"
import { HttpClient } from "effect/http"

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

describe("README.md", () => {
  it("has no more than 1000 words", () => {
    assert.isAtMost(read("README.md").split(/\s+/).length, 1000)
  })
})

describe("docs/README.md", () => {
  it("names every document", () => {
    const names = globSync("docs/*", { cwd: root }).map((path) => path.slice("docs/".length))
    for (const name of names.filter((name) => name !== "README.md")) {
      assert.include(read("docs/README.md"), `](${name})`)
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

describe("doc comments", () => {
  it.each(globSync("packages/*/test/**/*Example.test.ts", { cwd: root }))("have the test %s as it is", (test) => {
    const name = basename(test, "Example.test.ts")
    const [source = ""] = globSync(`packages/*/src/**/${name}.ts`, { cwd: root })
    const examples = Array.from(read(source).matchAll(/^ \* ```ts\n([^]*?)^ \* ```$/gm), ([, code = ""]) =>
      code.replaceAll(/^ \* ?/gm, "")
    )
    assert.include(examples, read(test))
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

  it("are in the room that docs/architecture.md says", () => {
    const paragraphs = read("docs/architecture.md").matchAll(/^\*\*[\w ]+,?\*\*,? in `(\w+\/)`[^]*?(?=\n\n|$(?![^]))/gm)
    for (const [paragraph, room = ""] of paragraphs) {
      for (const [, name = ""] of paragraph.matchAll(/`(internal\/\w+)`/g)) {
        assert.isTrue(exists(room + name), `${name} is not in ${room}`)
      }
    }
  })

  it("that docs/decisions.md names by their paths exist", () => {
    for (const name of modulesIn("docs/decisions.md").filter((name) => name.includes("/"))) {
      assert.isTrue(exists(name), `there is no module or folder ${name}`)
    }
  })
})

describe("names", () => {
  const sources = globSync("packages/*/src/**/*.ts", { cwd: root }).map(read).join("\n")
  const words = new Set(sources.match(/[A-Za-z]\w*/g))

  /** `layerServices({ … })`, `Transfer.bytes`, `idleTimeout`: of Effect's own only those that the sources use as well. */
  const isOfCode = (name: string) => /^[A-Za-z]\w*\.[A-Za-z]/.test(name) || /^[a-z]+[A-Z]/.test(name)
  const isFile = (name: string) => /\.(ts|md|json|zip|txt)$/.test(name) || /[/-]/.test(name)

  it.each(["README.md", "docs/guide.md", "docs/library.md", "docs/decisions.md", "docs/observability.md"])(
    "in %s exist",
    (document) => {
      const spans = Array.from(prose(read(document)).matchAll(/`([^`\n]+)`/g), ([, code = ""]) => code)
      const names = spans.map((code) => code.split(/[({ ]/)[0] ?? "").filter((name) => isOfCode(name) && !isFile(name))
      assert.isNotEmpty(names)
      const missing = names.filter((name) => !name.split(".").every((word) => words.has(word)))
      assert.deepStrictEqual(missing, [])
    }
  )
})

describe("the tables of docs/library.md", () => {
  /** The cells of the row that begins with this name. */
  const row = (name: string) =>
    prose(read("docs/library.md"))
      .split("\n")
      .find((line) => line.startsWith(`| \`${name}\``))
      ?.split("|")
      .slice(1, -1)
      .map((cell) => cell.trim())
  const codes = (cell = "") => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code)

  const errors = {
    ApiError: ApiError.Reason.members,
    JobError: JobError.Reason.members,
    TransferError: TransferError.Reason.members,
    ArchiveError: ArchiveError.Reason.members,
    FileError: FileError.Reason.members
  }

  it.each(Object.entries(errors))("lists the reasons of %s", (name, members) => {
    assert.deepStrictEqual(
      codes(row(name)?.[1]),
      members.map(({ identifier }) => identifier)
    )
  })

  /** What a layer requires: compiles if these are all services, and no other. */
  const requires =
    <R>(_layer: Layer.Layer<never, unknown, R>) =>
    <Tags extends ReadonlyArray<{ readonly key: string; readonly Identifier: R }>>(
      ...tags: [R] extends [Tags[number]["Identifier"]] ? Tags : never
    ): ReadonlyArray<string> =>
      tags.map(({ key }) => key.split("/").at(-1) ?? "")

  const services = {
    AssetDownload: requires(AssetDownload.layer())(HttpClient.HttpClient, ScenarioConfig.ScenarioConfig),
    AssetCatalog: requires(AssetCatalog.layer())(HttpClient.HttpClient, ScenarioConfig.ScenarioConfig),
    JobPoller: requires(JobPoller.layer())(AssetDownload.AssetDownload),
    Transfer: requires(Transfer.layer())(StorageClient.StorageClient),
    Archives: requires(Archives.layer)(
      AssetDownload.AssetDownload,
      AssetCatalog.AssetCatalog,
      JobPoller.JobPoller,
      JobJournal.JobJournal,
      ScenarioConfig.ScenarioConfig
    ),
    FileDownload: requires(FileDownload.layer)(Transfer.Transfer),
    ArchiveReader: requires(ArchiveReader.layer)(Transfer.Transfer, FileDownload.FileDownload),
    Extraction: requires(Extraction.layer)(Transfer.Transfer, FileDownload.FileDownload),
    Downloads: requires(Downloads.layer)(
      AssetDownload.AssetDownload,
      AssetCatalog.AssetCatalog,
      JobPoller.JobPoller,
      Transfer.Transfer,
      FileDownload.FileDownload,
      Extraction.Extraction,
      Runs.Runs,
      Destination.Destinations,
      ScenarioConfig.ScenarioConfig
    )
  }

  it.each(Object.entries(services))("lists what %s requires", (name, required) => {
    assert.deepStrictEqual(codes(row(name)?.[2]), required)
  })

  it("lists every example", () => {
    const listed = codes(prose(read("docs/library.md"))).filter((code) => /^\d\d_/.test(code))
    const examples = globSync("examples/[0-9]*.ts", { cwd: root }).map((path) => path.slice("examples/".length))
    const names = new Set(examples.map((name) => name.replace(".test.ts", ".ts")))
    assert.sameMembers([...new Set(listed.map((name) => name.replace(".test.ts", ".ts")))], [...names])
  })
})
