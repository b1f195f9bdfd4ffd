/**
 * What was passed over, by name: a test that needs what this machine does not have. Then a last line of plain text,
 * `N passed, N failed`, for programs that read the log of a run.
 */
import { writeSync } from "node:fs"
import type { Reporter, TestModule } from "vitest/node"

export default class Totals implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 }
    const passedOver: Array<string> = []
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state]++
        if (state === "skipped" && !isFiltered)
          passedOver.push(`passed over: ${module.relativeModuleId}: ${test.fullName}`)
      }
      // What fails beside the tests: a file that cannot be loaded, a hook.
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
    }
    // Last of all, for the search for secrets that follows the tests can fail the run as well.
    process.once("exit", (code) => writeSync(1, [...passedOver, line(count, code === 0), ""].join("\n")))
  }
}

/** With `-t` all other tests are skipped, by wish. */
const isFiltered = process.argv.some((word) => word === "-t" || word.startsWith("--testNamePattern"))

interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly pending: number
}

const line = ({ failed, passed, pending, skipped }: Count, isWell: boolean): string => {
  const wrong = failed === 0 && !isWell ? 1 : failed
  const left = skipped + pending
  return `${passed} passed, ${wrong} failed${left === 0 ? "" : `, ${left} skipped`}`
}
