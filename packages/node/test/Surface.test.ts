/** That what a program can import stays small, and that importing it stays cheap. */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as core from "@scenario-assets/core"
import * as node from "@scenario-assets/node"

/** `Namespace.name` of each value; types cost nothing. */
const values = Object.entries({ ...core, ...node }).flatMap(([namespace, module]) =>
  Object.keys(module).map((name) => `${namespace}.${name}`)
)

const loaded = (entry: string): ReadonlyArray<string> => {
  const program = fileURLToPath(new URL("./support/loaded.ts", import.meta.url))
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, entry], { encoding: "utf8" })
  assert.strictEqual(status, 0, stderr)
  return stdout.trim().split("\n")
}

describe("the entry points of core and node", () => {
  it("have no namespace in common", () => {
    assert.deepStrictEqual(
      Object.keys(core).filter((namespace) => namespace in node),
      []
    )
  })

  it("export at most 175 values", () => {
    assert.isAtMost(values.length, 175, values.join(" "))
  })

  it("load neither the contract of the API nor undici before a request", () => {
    const files = loaded("@scenario-assets/node")
    assert.isTrue(files.some((file) => file.endsWith("/core/src/AssetDownload.ts")))
    const ofCore = loaded("@scenario-assets/core")
    assert.isAbove(ofCore.length, 50)
    for (const file of [...files, ...ofCore]) assert.notMatch(file, /\/http-api\/|\/undici\//)
  })

  it("would be seen to load the contract, as those of tests do", () => {
    assert.isTrue(loaded("@scenario-assets/core/testing").some((file) => file.includes("/http-api/")))
  })
})
