/**
 * How this process ends. There is one end, whoever comes to it first: a result, an error, a signal, a bug, or a stdout that cannot
 * be written. Here with Node alone, for `--version` and for where no more of the program can be loaded.
 */

/** The exit code that was told last. */
let told: number | undefined
let signaled: number | undefined
let crashed = false

/** The run has come to its end with this exit code. `false` where another end was told before. */
export const claim = (exitCode: number): boolean => {
  if (told !== undefined) return false
  told = exitCode
  return true
}

/** Whether an end was told: nothing may be printed on stdout after it. */
export const isTold = (): boolean => told !== undefined

/** A signal has asked the process to end with this exit code; the first one counts. */
export const signal = (exitCode: number): void => void (signaled ??= exitCode)

/** The exit code of the signal that came, if one did. */
export const ofSignal = (): number | undefined => signaled

/** Something was thrown that no effect could catch. Whatever else comes of it is of no interest. */
export const crash = (): void => void (crashed = true)
export const hasCrashed = (): boolean => crashed

/** The exit code: what was told counts, also where a signal came after it. */
export const exitCode = (): number => told ?? signaled ?? codes.failed

/** Whether the command line has a flag. It must be known also where the command line is wrong. */
export const isGiven = (args: ReadonlyArray<string>, flag: string): boolean => {
  const end = args.indexOf("--")
  return args
    .slice(0, end === -1 ? undefined : end)
    .some((word) => word === flag || (yes.test(word.slice(`${flag}=`.length)) && word.startsWith(`${flag}=`)))
}

/** As effect/cli understands the value of a flag that needs none. */
const yes = /^(?:true|yes|on|1|y)$/

/** The same numbers as in `ExitCode`. */
const codes = { failed: 1, disk: 8, outputClosed: 141 }

/**
 * From here on a stream that cannot be written ends nothing by accident. Without a stdout nobody gets the data, so the process ends.
 * Without a stderr only words are lost, and the work goes on.
 */
export const watch = (stream: NodeJS.WriteStream): void => {
  stream.on("error", ({ code = "unknown" }: NodeJS.ErrnoException) => {
    // Nobody reads any more what is said while things are put in order; and a terminal may be gone before its signal comes.
    if (signaled !== undefined) return
    if (code === "EIO" && stream.isTTY) return void process.emit("SIGHUP")
    if (stream === process.stderr) return
    // `| head` closes the pipe: that is no error to tell anybody.
    if (code === "EPIPE") process.exit(codes.outputClosed)
    const said = `scenario-assets: cannot write to stdout (${code}); check where it is redirected to\n`
    watch(process.stderr)
    process.stderr.write(said, () => process.exit(codes.disk))
  })
}
