import { defineConfig } from "vitest/config"
import * as TestDirectory from "./test-support/TestDirectory.ts"
import Totals from "./test-support/Totals.ts"

/**
 * `pnpm test` is short enough to be run at each change: the libraries, and what each command does. What needs a database, a browser, a
 * quiet machine, or a matrix (of shells, terminals, servers, file systems, namespaces, bundlers, checksums, names, filters, settings, errors, or
 * of commands and what can happen to them) has a command of its own.
 */
export const systems = [
  "packages/*/test/systems/**/*.test.ts",
  "packages/cli/test/Auth.test.ts",
  "packages/cli/test/Catalogue.test.ts",
  "packages/cli/test/Completions.test.ts",
  "packages/cli/test/Disks.test.ts",
  "packages/cli/test/Errors.test.ts",
  "packages/cli/test/Events.test.ts",
  "packages/cli/test/Faults.test.ts",
  "packages/cli/test/Grammar.test.ts",
  "packages/cli/test/Hints.test.ts",
  "packages/cli/test/Names.test.ts",
  "packages/cli/test/RunRecords.test.ts",
  "packages/cli/test/Settings.test.ts",
  "packages/cli/test/Streams.test.ts",
  "packages/cli/test/Terminal.test.ts",
  "packages/cli/test/Unencrypted.test.ts",
  "packages/cli/test/UnknownIds.test.ts",
  "packages/node/test/Hosts.test.ts",
  "packages/node/test/archive/ArchiveReaderHosts.test.ts",
  "packages/node/test/extraction/ExtractionMemory.test.ts",
  "packages/node/test/extraction/ExtractionOracles.test.ts",
  "packages/node/test/extraction/ExtractionThreads.test.ts",
  "packages/node/test/extraction/ExtractionWriters.test.ts",
  "packages/node/test/extraction/NameLength.test.ts",
  "packages/node/test/file/Lock.test.ts",
  "packages/node/test/file/Verification.test.ts",
  "packages/node/test/http/Wire.test.ts"
]

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["**/node_modules/**", ...systems],
    environment: "node",
    pool: "forks",
    // Each process loads Effect and the packages once, not for each file: a third of the time.
    isolate: false,
    // Tests of a command line wait for jobs and processes more than they work: three at once keep two cores busy.
    maxWorkers: 3,
    // Threads that collect garbage would only wait for the cores, which are all busy.
    execArgv: ["--single-threaded-gc"],
    watch: false,
    // For what hangs: that a machine is busy with other things fails nothing.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The first ones are what vitest takes by itself.
    reporters: ["default", ...(process.env["GITHUB_ACTIONS"] === "true" ? ["github-actions"] : []), new Totals()],
    globalSetup: "./test-support/sweep.ts",
    setupFiles: "./test-support/capture.ts",
    onConsoleLog: (text, _type, entity) => {
      TestDirectory.recordPrinted(
        entity?.type === "module" ? entity.moduleId : (entity?.module.moduleId ?? "unknown"),
        text
      )
    }
  }
})
