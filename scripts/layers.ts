/**
 * Checks who imports whom: the order of the packages, the rooms inside them, and that no import leads back in a circle.
 * The rules are the tables below; docs/architecture.md describes the rooms.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import path from "node:path"
import { parseSync } from "oxc-parser"

/** A package may import the ones before it. */
const packages = ["core", "node", "s3", "cli", "fleet"]

/** A room that is a folder. */
function folder(name: string): readonly [name: string, modules: RegExp] {
  return [`${name}/`, new RegExp(`^${name}/`)]
}

/** The rooms of a package from the ground up: a module may import its own room and the ones below. */
const rooms: Readonly<Record<string, ReadonlyArray<readonly [name: string, modules: RegExp]>>> = {
  core: [
    ["what is counted", /^(Metrics|internal\/Outcome)\.ts$/],
    [
      "the nouns",
      /^(Asset|AssetRecord|DownloadJob|FileNameTemplate|Selection|SignedUrl|internal\/(ByteSizes|Json|KnownJobStatus|Redaction))\.ts$/
    ],
    ["http/", /^http\//],
    [
      "the settings and errors",
      /^(ApiError|ApiRetry|JobError|ScenarioConfig|internal\/(ApiReason|BaseUrl|ConfigNames|InvalidConfig|JobReason))\.ts$/
    ],
    ["transfer/", /^transfer\//],
    ["the operations", /^(AssetDownload|AssetCatalog|internal\/(Answer|ApiCalls|CatalogAnswer|CatalogFilter))\.ts$/],
    ["waiting and remembering", /^(JobJournal|JobPoller|internal\/BatchKeys)\.ts$/],
    ["the whole", /^(Archives|internal\/(Ahead|BeginBatch))\.ts$/],
    ["the entry point", /^index\.ts$/],
    ["testing/", /^testing\//]
  ],
  node: [
    ["http/", /^http\//],
    ["file/", /^file\//],
    ["gallery/", /^gallery\//],
    ["testing/", /^testing\//],
    ["archive/", /^archive\//],
    ["extraction/", /^extraction\//],
    ["runs/", /^runs\//],
    ["download/", /^download\//],
    ["sync/", /^sync\//],
    ["the whole", /^NodeScenario\.ts$/],
    ["the entry point", /^index\.ts$/]
  ],
  s3: [
    ["internal/", /^internal\//],
    ["the destination", /^S3Destination\.ts$/],
    ["the entry point", /^index\.ts$/]
  ],
  cli: [
    ...[
      "start",
      "text",
      "json",
      "progress",
      "errors",
      "files",
      "output",
      "settings",
      "ids",
      "access",
      "runs",
      "catalogue"
    ].map(folder),
    ...["help", "report", "doctor", "download", "sync", "handlers", "commands"].map(folder),
    ["the whole", /^(bin|Main|Program|Cli)\.ts$/]
  ],
  fleet: [
    ["the nouns", /^(FleetError|RunProgress|internal\/(Asking|Schema))\.ts$/],
    ["internal/", /^internal\//],
    ["the service", /^(Migrations|Fleet)\.ts$/],
    ["the entry point", /^index\.ts$/],
    folder("command")
  ]
}

/** The contract is compared with the client, so no other module may be built from it. */
const contract = "packages/core/src/testing/ScenarioApi.ts"
const mayImportContract = /^packages\/core\/(src\/testing\/|test\/)/

const posix = (file: string) => file.replaceAll(path.sep, "/")
const globs = ["packages/*/{src,test}/**/*.ts", "examples/**/*.ts"]
const files = globSync(globs, { exclude: ["**/node_modules"] })
  .map(posix)
  .toSorted()
const problems: Array<string> = []
/** Each file with the files that it imports by a relative path. */
const graph = new Map(files.map((file) => [file, importsOf(file).flatMap((specifier) => follow(file, specifier))]))
for (const [file, targets] of graph) {
  if (floorOf(file) === -1) problems.push(`${file} stands in no room: see scripts/layers.ts`)
  for (const target of targets) checkRooms(file, target)
}
for (const cycle of cycles()) problems.push(`import cycle: ${cycle.join(" → ")}`)

for (const problem of problems) console.error(problem)
console.log(`layers: ${files.length} files, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

function importsOf(file: string): ReadonlyArray<string> {
  const source = readFileSync(file, "utf8")
  const { module } = parseSync(file, source)
  return [
    ...module.staticImports.map((found) => found.moduleRequest.value),
    ...module.staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((found) => source.slice(found.moduleRequest.start + 1, found.moduleRequest.end - 1))
  ]
}

/** Reports what is wrong with one import by itself, and gives the file that a relative one leads to. */
function follow(file: string, specifier: string): ReadonlyArray<string> {
  const refuse = (why: string) => problems.push(`${file}: "${specifier}" ${why}`)
  const [area = "", owner = "", part] = file.split("/")
  const isSource = area === "packages" && part === "src"
  if (specifier.startsWith(".")) {
    const target = posix(path.join(path.dirname(file), specifier))
    const home = area === "examples" ? "examples/" : `packages/${owner}/${isSource ? "src/" : ""}`
    if (!existsSync(target)) refuse("does not exist (relative imports end in .ts)")
    else if (!target.startsWith(home) && (isSource || !target.startsWith("test-support/"))) refuse(`leaves ${home}`)
    return [target]
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")
  if (area === "examples" && specifier.startsWith(`${name}/engine/`)) refuse("is for the packages alone")
  const sibling = packages.indexOf(name.replace("@scenario-assets/", ""))
  if (area === "packages" && sibling > packages.indexOf(owner)) refuse(`is above ${owner}`)
  if (isSource && owner === "core" && name !== "effect") refuse("is not effect, and core imports nothing else")
  if (isSource && !name.startsWith("node:")) {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(
      readFileSync(`packages/${owner}/package.json`, "utf8")
    )
    // Command lines are bundled with what they depend on.
    const bundled = owner === "cli" || file.includes("/src/command/") ? devDependencies : {}
    if (!Object.hasOwn({ ...dependencies, ...peerDependencies, ...bundled }, name)) {
      refuse(`is no dependency of ${owner}`)
    }
  }
  return []
}

function checkRooms(file: string, target: string): void {
  const refuse = (why: string) => problems.push(`${file} imports ${target}, ${why}`)
  if (target === contract && !mayImportContract.test(file)) refuse("which only testing/ and tests may do")
  if (file.endsWith("/index.ts") && target.includes("/internal/")) refuse("which is not public")
  const [own, other] = [floorOf(file), floorOf(target)]
  if (own !== undefined && other !== undefined && own < other)
    refuse(`which is above: ${roomOf(file)} may not import ${roomOf(target)}`)
}

/** The rooms of the package that a source belongs to, and the path of the source in it. */
function placeOf(file: string) {
  const [, owner = "", path = ""] = /^packages\/(\w+)\/src\/(.*)$/.exec(file) ?? []
  return { plan: rooms[owner], path }
}

/** The number of a module's room; `undefined` outside the packages that have a plan, -1 where the plan knows no room for it. */
function floorOf(file: string): number | undefined {
  const { path, plan } = placeOf(file)
  return plan?.findIndex(([, modules]) => modules.test(path))
}

function roomOf(file: string): string | undefined {
  return placeOf(file).plan?.[floorOf(file) ?? -1]?.[0]
}

function cycles(): ReadonlyArray<ReadonlyArray<string>> {
  const done = new Set<string>()
  const visit = (file: string, trail: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
    if (trail.includes(file)) return [[...trail.slice(trail.indexOf(file)), file]]
    if (done.has(file)) return []
    done.add(file)
    return (graph.get(file) ?? []).flatMap((target) => visit(target, [...trail, file]))
  }
  return files.flatMap((file) => visit(file, []))
}
