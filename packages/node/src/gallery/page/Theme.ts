/** Dark or light: as the system has it, until a person switches. */
import * as Dom from "./Dom.ts"

const key = "scenario-assets-gallery-theme"
const system = matchMedia("(prefers-color-scheme: dark)")

/** Some browsers keep nothing for pages from a disk, and say so by throwing. */
const attempt = <A>(run: () => A): A | undefined => {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** Makes the button that switches. */
export const make = (): HTMLButtonElement => {
  const root = document.documentElement
  const current = () => root.dataset["theme"] ?? (system.matches ? "dark" : "light")
  const other = () => (current() === "dark" ? "light" : "dark")
  const name = () => {
    for (const attribute of ["aria-label", "title"]) button.setAttribute(attribute, `Switch to ${other()} mode`)
  }
  const button = Dom.icon("", "theme", () => {
    const chosen = other()
    root.dataset["theme"] = chosen
    attempt(() => localStorage.setItem(key, chosen))
    name()
  })
  const kept = attempt(() => localStorage.getItem(key))
  if (kept === "dark" || kept === "light") root.dataset["theme"] = kept
  system.addEventListener("change", name)
  name()
  return button
}
