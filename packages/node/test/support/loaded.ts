/** Imports a module, and says which files were loaded for it, one a line. */
import { registerHooks } from "node:module"

registerHooks({
  load: (url, context, next) => {
    console.log(url)
    return next(url, context)
  }
})

await import(process.argv[2] ?? "")
