/**
 * OpenStack Swift with its `s3api`: a real object store in four processes and one directory. It is where Python finds it, or in the
 * folder `SWIFT_ROOT`, where the packages of Debian are unpacked.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { S3Destination } from "@scenario-assets/s3"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { freePort } from "../../../../test-support/FreePort.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const root = process.env["SWIFT_ROOT"]

const env = {
  ...process.env,
  ...(root === undefined
    ? {}
    : {
        PYTHONPATH: join(root, "usr/lib/python3/dist-packages"),
        LD_LIBRARY_PATH: ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((name) => join(root, "usr/lib", name)).join(":")
      })
}

/** Whether it is installed, with all it needs. */
export const isInstalled = (): boolean =>
  process.platform === "linux" &&
  spawnSync("python3", ["-c", "import swift.proxy.server, swift.obj.server, pyeclib, xattr"], { env }).status === 0

/** Servers read their secret from this directory instead of `/etc/swift`. */
const serve = `
import sys
from swift.common import utils, wsgi
utils.set_swift_dir(sys.argv[2])
sys.exit(wsgi.run_wsgi(sys.argv[1], sys.argv[3]))
`

/** A ring of one device for each kind of server, by its name and port. */
const buildRings = `
import sys
from swift.common.ring import RingBuilder
for kind, port in zip(sys.argv[1::2], sys.argv[2::2]):
    builder = RingBuilder(4, 1, 1)
    place = {"ip": "127.0.0.1", "port": int(port), "replication_ip": "127.0.0.1", "replication_port": int(port)}
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "d1", **place})
    builder.rebalance()
    builder.get_ring().save(kind + ".ring.gz")
`

/** No canaries, because they stand in a file. */
export const accessKeyId = "test:tester"
export const secretAccessKey = "SWIFTSECRET0123456789"

const kinds = ["account", "container", "object"] as const

const settings = (directory: string, port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${process.getuid?.() === 0 ? "root" : String(process.env["USER"])}
swift_dir = ${directory}
devices = ${join(directory, "devices")}
mount_check = false
log_address = ${join(directory, "no-log")}
`

const storageConf = (kind: (typeof kinds)[number], directory: string, port: number) => `${settings(directory, port)}
[pipeline:main]
pipeline = ${kind}-server

[app:${kind}-server]
use = egg:swift#${kind}
`

/** It knows one user and its key. */
const proxyConf = (directory: string, port: number) => `${settings(directory, port)}
[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo dlo versioned_writes proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9

[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = ${secretAccessKey} .admin
reseller_prefix = AUTH

[filter:copy]
use = egg:swift#copy

[filter:slo]
use = egg:swift#slo

[filter:dlo]
use = egg:swift#dlo

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
`

const isUp = async (port: number): Promise<boolean> => {
  try {
    await fetch(`http://127.0.0.1:${port}/`)
    return true
  } catch {
    return false
  }
}

export class Swift extends Context.Service<Swift, { readonly endpoint: string }>()("test/Swift") {
  static readonly layer = Layer.effect(
    Swift,
    Effect.suspend(() => make)
  )
}

/** How the library reaches it. */
export const options = (
  { endpoint }: Swift["Service"],
  credentials: Partial<S3Destination.Credentials> = {}
): S3Destination.Options => ({
  endpoint,
  region: "us-east-1",
  credentials: {
    accessKeyId: Redacted.make(accessKeyId),
    secretAccessKey: Redacted.make(secretAccessKey),
    ...credentials
  }
})

const make: Effect.Effect<Swift["Service"], never, Scope.Scope> = Effect.gen(function* () {
  const directory = TestDirectory.make("swift")
  mkdirSync(join(directory, "devices/d1"), { recursive: true })
  writeFileSync(
    join(directory, "swift.conf"),
    "[swift-hash]\nswift_hash_path_prefix = test\nswift_hash_path_suffix = test\n\n[storage-policy:0]\nname = one\ndefault = yes\n"
  )
  const ports = yield* Effect.promise(() => Promise.all([freePort(), freePort(), freePort(), freePort()]))
  const [proxy, ...others] = ports
  const started: Array<{ readonly child: ChildProcess; readonly end: Promise<unknown> }> = []
  const start = (kind: string, conf: string) => {
    const file = join(directory, `${kind}.conf`)
    writeFileSync(file, conf)
    const log = openSync(join(directory, `${kind}.log`), "a")
    const child = spawn("python3", ["-c", serve, file, directory, `${kind}-server`], {
      env,
      cwd: directory,
      stdio: ["ignore", log, log]
    })
    closeSync(log)
    started.push({ child, end: once(child, "exit") })
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const rings = kinds.flatMap((kind, index) => [kind, String(others[index])])
      execFileSync("python3", ["-c", buildRings, ...rings], { env, cwd: directory })
      kinds.forEach((kind, index) => {
        const port = others[index] ?? 0
        start(kind, storageConf(kind, directory, port))
      })
      start("proxy", proxyConf(directory, proxy))
    }),
    () =>
      Effect.promise(async () => {
        for (const { child } of started) child.kill("SIGKILL")
        await Promise.all(started.map(({ end }) => end))
      })
  )
  yield* Effect.promise(async () => (await Promise.all(ports.map(isUp))).every(Boolean)).pipe(
    Effect.tap(Effect.sleep(200)),
    Effect.repeat({ until: (up) => up }),
    Effect.timeoutOrElse({
      duration: "30 seconds",
      orElse: () => Effect.die(new Error(`Swift has not started: see ${directory}`))
    })
  )
  return { endpoint: `http://127.0.0.1:${proxy}` }
})
