/** What tests of downloads to a file have in common. */
import { hostname } from "node:os"
import type { FileDownload } from "@scenario-assets/node"
import type { EmulatorServer } from "@scenario-assets/node/testing"
import * as Boot from "../../src/file/internal/Boot.ts"
import * as ProcessId from "../../src/file/internal/ProcessId.ts"
import * as Downloading from "./Downloading.ts"

export const size = 3_000_000

export const testLayer = (options: EmulatorServer.Options = {}) =>
  Downloading.layer({ archive: { size, entries: 3 }, ...options })

export const quick: FileDownload.Options = { expect: "zip", idleTimeout: "250 millis", backoffBase: "1 milli" }

/** What the lock says of a run of this system before this one. */
export const lockOf = (pid: number): string =>
  JSON.stringify({
    ...ProcessId.own(),
    host: hostname(),
    pid,
    startTime: 1,
    boot: Boot.system,
    token: "0123456789abcdef"
  })
