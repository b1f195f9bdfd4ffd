import { assert, describe, it } from "@effect/vitest"
import { FileError } from "@scenario-assets/node"

describe("FileError", () => {
  it("says what could not be done, to what, why, and what to do, whatever the system calls it", () => {
    const codes = ["EACCES", "EBUSY", "EDQUOT", "EEXIST", "EFBIG", "EIO", "EISDIR", "EMFILE", "ELOCKED", "ENAMETOOLONG"]
    const more = ["ENFILE", "ENOENT", "ENOSPC", "ENOTDIR", "ENOTOURS", "EPERM", "EROFS", "EXDEV", "ESOMETHING"]
    for (const code of [...codes, ...more]) {
      const { message } = new FileError.FileError({ path: "renders/a.png", operation: "write", code })
      assert.match(message, /^Cannot write renders\/a\.png: [^;]+; [a-z][^;]+\.$/)
      if (code !== "ELOCKED") assert.include(message, `(${code})`)
    }
  })
})
