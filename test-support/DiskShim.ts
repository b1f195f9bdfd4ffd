/**
 * Disks that are as some are: a library, loaded before all others (`LD_PRELOAD`), in which calls of the system fail for files
 * whose path holds a text. Only Linux has that, and it takes a C compiler.
 */
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { constants } from "node:os"
import path from "node:path"
import * as TestDirectory from "./TestDirectory.ts"

/** What fails. */
export interface Faults {
  /** Files to which this happens: a part of their paths. Default: all below the test directory. */
  readonly path?: string
  /** The code that `fsync` and `fdatasync` fail with. */
  readonly sync?: string
  /** The code that `link` fails with. */
  readonly link?: string
  /** The code that renaming a directory fails with, as in an overlay. */
  readonly renameDirectory?: string
  /** The code that writes fail with, to a file that holds so many bytes already. */
  readonly write?: string
  readonly after?: number
  /** The code that opening a file for writing, or making a directory, fails with. */
  readonly open?: string
  /** The code that opening a file for reading fails with. */
  readonly read?: string
  /** How many bytes a name may have. */
  readonly longestName?: number
}

const source = String.raw`
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static long number(const char *name) { const char *v = getenv(name); return v ? atol(v) : 0; }
static int ours(const char *path) { const char *v = getenv("SHIM_PATH"); return v && path && strstr(path, v) != NULL; }
static int oursFd(int fd, struct stat *s) {
  char link[64], path[4096];
  if (fstat(fd, s) || !(S_ISREG(s->st_mode) || S_ISDIR(s->st_mode))) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return ours(path);
}
#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
#define FAIL(code) do { errno = (int)(code); return -1; } while (0)

static int noSync(int fd) { struct stat s; return number("SHIM_SYNC") && oursFd(fd, &s); }
int fsync(int fd) { if (noSync(fd)) FAIL(number("SHIM_SYNC")); return REAL(int, "fsync", int)(fd); }
int fdatasync(int fd) { if (noSync(fd)) FAIL(number("SHIM_SYNC")); return REAL(int, "fdatasync", int)(fd); }

static int noWrite(int fd) {
  struct stat s;
  return number("SHIM_WRITE") && oursFd(fd, &s) && S_ISREG(s.st_mode) && s.st_size >= number("SHIM_AFTER");
}
#define NO_WRITE if (noWrite(fd)) FAIL(number("SHIM_WRITE"));
ssize_t write(int fd, const void *b, size_t n) { NO_WRITE return REAL(ssize_t, "write", int, const void *, size_t)(fd, b, n); }
ssize_t writev(int fd, const struct iovec *v, int c) { NO_WRITE return REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, v, c); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { NO_WRITE return REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, b, n, o); }
ssize_t pwritev(int fd, const struct iovec *v, int c, off_t o) { NO_WRITE return REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t)(fd, v, c, o); }
ssize_t pwritev64(int fd, const struct iovec *v, int c, off64_t o) { NO_WRITE return REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t)(fd, v, c, o); }

static int tooLong(const char *path) {
  const char *name = strrchr(path, '/');
  long most = number("SHIM_NAME");
  return most && ours(path) && (long)strlen(name ? name + 1 : path) > most;
}
#define CHECK(path) if (tooLong(path)) FAIL(ENAMETOOLONG);
#define NO_OPEN(path, writes) CHECK(path) if (number((writes) ? "SHIM_OPEN" : "SHIM_READ") && ours(path)) FAIL(number((writes) ? "SHIM_OPEN" : "SHIM_READ"));
int open64(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); }
  NO_OPEN(path, (flags & O_ACCMODE) != O_RDONLY)
  return REAL(int, "open64", const char *, int, ...)(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); }
  NO_OPEN(path, (flags & O_ACCMODE) != O_RDONLY)
  return REAL(int, "open", const char *, int, ...)(path, flags, mode);
}
int mkdir(const char *path, mode_t mode) { NO_OPEN(path, 1) return REAL(int, "mkdir", const char *, mode_t)(path, mode); }
int rename(const char *from, const char *to) {
  struct stat s;
  CHECK(from) CHECK(to)
  if (number("SHIM_RENAME") && ours(to) && !stat(from, &s) && S_ISDIR(s.st_mode)) FAIL(number("SHIM_RENAME"));
  return REAL(int, "rename", const char *, const char *)(from, to);
}
int link(const char *from, const char *to) {
  CHECK(to)
  if (number("SHIM_LINK") && ours(to)) FAIL(number("SHIM_LINK"));
  return REAL(int, "link", const char *, const char *)(from, to);
}
`

/** The library; none where it cannot be made here. */
const library = ((): string | undefined => {
  if (process.platform !== "linux") return undefined
  const directory = TestDirectory.make("shim")
  const [code, made] = [path.join(directory, "shim.c"), path.join(directory, "shim.so")]
  writeFileSync(code, source)
  return spawnSync("gcc", ["-shared", "-fPIC", "-O1", "-o", made, code, "-ldl"]).status === 0 ? made : undefined
})()

export const isPossible = library !== undefined

/** Those that Node gives no name to. */
const others: Readonly<Record<string, number>> = { EUCLEAN: 117 }

/** The environment of a process to which this happens. */
export const env = (faults: Faults): Readonly<Record<string, string>> => {
  const errno: Readonly<Record<string, number>> = { ...others, ...constants.errno }
  const set = {
    SHIM_PATH: faults.path ?? TestDirectory.root(),
    SHIM_SYNC: errno[faults.sync ?? ""],
    SHIM_LINK: errno[faults.link ?? ""],
    SHIM_RENAME: errno[faults.renameDirectory ?? ""],
    SHIM_WRITE: errno[faults.write ?? ""],
    SHIM_AFTER: faults.after,
    SHIM_OPEN: errno[faults.open ?? ""],
    SHIM_READ: errno[faults.read ?? ""],
    SHIM_NAME: faults.longestName
  }
  return {
    LD_PRELOAD: library ?? "",
    ...Object.fromEntries(
      Object.entries(set).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
    )
  }
}
