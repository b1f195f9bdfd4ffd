/** The parts of the page in one text. */
import { createHash } from "node:crypto"
import type { Item } from "./Item.ts"
import { script, style } from "./Page.ts"
import * as Shown from "./Shown.ts"

/** How the content security policy names an inline text: whatever else comes into the page does not run. */
const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const policy = [
  "default-src 'none'",
  // Of the host that serves the page, or of the disk it is opened from, which has no origin of its own.
  "img-src 'self' file:",
  "media-src 'self' file:",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join("; ")

/** Text between tags and in quotes. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** The fields that the page knows, in one order: what else an object holds does not get into the page. */
const fields: ReadonlyArray<keyof Item> = [
  "path",
  "name",
  "bytes",
  "id",
  "kind",
  "mimeType",
  "prompt",
  "negativePrompt",
  "seed",
  "modelId",
  "createdAt",
  "tags"
]

/** JSON that ends no script, starts no comment, and is JavaScript as well. */
const json = (items: ReadonlyArray<Item>): string =>
  JSON.stringify(items, [...fields]).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Tells a page that was made here from one of somebody else. */
export const mark = '<meta name="generator" content="scenario-assets gallery">'

/** The whole page. */
export const make = (items: ReadonlyArray<Item>, title: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${mark}
<meta name="color-scheme" content="light dark">
<title>${escaped(Shown.oneLine(title))}</title>
<style>${style}</style>
</head>
<body>
<noscript>This page needs JavaScript to show its files. It loads nothing from the network.</noscript>
<script type="application/json" id="items">${json(items)}</script>
<script>${script}</script>
</body>
</html>
`
