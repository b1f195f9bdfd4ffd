import { assert, describe, it } from "@effect/vitest"
import { FileError } from "@scenario-assets/node"
import { Cause, Effect, Schema } from "effect"

const reasons: Readonly<Record<string, FileError.Reason["_tag"]>> = {
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EDQUOT: "NoSpace",
  ENOSPC: "NoSpace",
  EEXIST: "Exists",
  EFBIG: "TooLarge",
  EISDIR: "IsDirectory",
  EMFILE: "TooManyOpenFiles",
  ENFILE: "TooManyOpenFiles",
  ENOENT: "NotFound",
  ENOTDIR: "NotADirectory",
  EROFS: "ReadOnly",
  EIO: "DiskFailed",
  EUCLEAN: "DiskFailed",
  ESTALE: "DiskFailed",
  ENODEV: "DiskFailed",
  EBUSY: "System",
  EINVAL: "System",
  ENOTSUP: "System",
  ENAMETOOLONG: "System",
  EXDEV: "System",
  ESOMETHING: "System"
}
const isSentence = /^Cannot write renders\/a\.png: [^;]+; [a-z].+[^.]\.$/

describe("FileError", () => {
  it.each(Object.entries(reasons))("has a reason for %s of the system: %s", (code, tag) => {
    const cause = Object.assign(new Error(`${code}: it failed, open 'renders/a.png'`), { code, syscall: "open" })
    const error = FileError.FileError.fromSystem("write", "renders/a.png", cause)
    assert.strictEqual(error.reason._tag, tag)
    assert("code" in error.reason)
    assert.strictEqual(error.reason.code, code)
    assert.strictEqual(error.reason.syscall, "open")
    assert.strictEqual(error.cause, cause)
    assert.include(Cause.pretty(Cause.fail(error)), "it failed")
    assert.match(error.message, isSentence)
    assert.include(error.message, `(${code})`)
  })

  it.runIf(process.platform === "linux").each([
    [-122, "NoSpace", "the disk quota is used up (EDQUOT)"],
    [-117, "DiskFailed", "the file system is damaged (EUCLEAN)"],
    [-121, "DiskFailed", "the disk reports an error (EREMOTEIO)"],
    [-9999, "System", "(Unknown system error -9999)"]
  ] as const)("knows the error %d of the system, which libuv has no name for", (errno, tag, words) => {
    const code = `Unknown system error ${errno}`
    for (const cause of [{ code }, Object.assign(new Error(`${code}: ${code}, write`), { errno, code })]) {
      const error = FileError.FileError.fromSystem("write", "a", cause)
      assert.strictEqual(error.reason._tag, tag)
      assert.include(error.message, words)
    }
  })

  it("keeps what is no error of the system", () => {
    const { reason } = FileError.FileError.fromSystem("write", "a", "oh")
    assert(reason._tag === "System")
    assert.strictEqual(reason.code, "oh")
    assert.notProperty(reason, "cause")
  })

  it.each<FileError.Reason>([
    new FileError.Reason.cases.NoSpace({ needed: 10, free: 5 }),
    new FileError.Reason.cases.NoSpace({ code: "EDQUOT" }),
    new FileError.Reason.cases.Locked({ holder: { file: "a.lock", pid: 7 } }),
    new FileError.Reason.cases.Locked({ holder: { file: "a.lock", pid: 7, host: "other" } }),
    new FileError.Reason.cases.Locked({}),
    new FileError.Reason.cases.NotOurs(),
    new FileError.Reason.cases.Changed(),
    new FileError.Reason.cases.Exists()
  ])("says what could not be done, to what, why, and what to do: %s", (reason) => {
    const { message } = new FileError.FileError({ operation: "write", path: "renders/a.png", reason })
    assert.match(message, isSentence)
  })

  it("has the numbers of a disk that is full as fields", () => {
    const reason = new FileError.Reason.cases.NoSpace({ needed: 10, free: 5 })
    assert.deepInclude(
      { code: reason.code, needed: reason.needed, free: reason.free },
      { code: "ENOSPC", needed: 10, free: 5 }
    )
    assert.include(reason.message, "it needs 10 bytes, and 5 bytes are free (ENOSPC)")
  })

  it.effect("goes to JSON and back", () =>
    Effect.gen(function* () {
      const codec = Schema.toCodecJson(FileError.FileError)
      const holder = { file: "a.lock", pid: 7 }
      const locked = new FileError.FileError({
        operation: "write",
        path: "a",
        reason: new FileError.Reason.cases.Locked({ holder })
      })
      const decoded = yield* Schema.decodeEffect(codec)(yield* Schema.encodeEffect(codec)(locked))
      assert(decoded.reason._tag === "Locked")
      assert.deepStrictEqual(decoded.reason.holder, holder)
    })
  )
})
