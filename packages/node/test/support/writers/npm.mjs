/**
 * Archives as the packages of npm write them: `node npm.mjs FILES OUT` archives the files below FILES, in every way a package
 * knows, and prints a line of JSON for each archive in OUT. In JavaScript, because some of the packages have no types.
 */
import { createReadStream, createWriteStream, readdirSync, readFileSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { Writable } from "node:stream"
import { finished, pipeline } from "node:stream/promises"
import * as zipJs from "@zip.js/zip.js"
import AdmZip from "adm-zip"
import { ZipArchive } from "archiver"
import archiver7 from "archiver7"
import * as fflate from "fflate"
import * as fflate7 from "fflate7"
import JSZip from "jszip"
import yazl from "yazl"
import ZipStream from "zip-stream"

const [, , from, to] = process.argv
const files = readdirSync(from, { recursive: true })
  .filter((name) => statSync(join(from, name)).isFile())
  .map((name) => ({ name, path: join(from, name), content: readFileSync(join(from, name)) }))

const require = createRequire(import.meta.url)
const versionOf = (name) => {
  const found = require.resolve.paths(name).map((path) => join(path, name, "package.json"))
  return JSON.parse(readFileSync(found.find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined))).version
}

let count = 0
const cell = async (writer, how, write) => {
  const file = `npm-${count++}.zip`
  const out = createWriteStream(join(to, file))
  const bytes = await write(out)
  if (bytes !== undefined) await finished(out.end(bytes))
  console.log(JSON.stringify({ writer: `${writer} ${versionOf(writer)}`, how, file }))
}
const cells = async (writer, axes, write) => {
  const names = Object.keys(axes)
  const all = names.reduce(
    (rows, name) => rows.flatMap((row) => axes[name].map((value) => ({ ...row, [name]: value }))),
    [{}]
  )
  for (const row of all) {
    const how = names.map((name) => (typeof row[name] === "boolean" ? `${row[name] ? "" : "no "}${name}` : row[name]))
    await cell(writer, how.join(", "), (out) => write(row, out))
  }
}
const both = [false, true]

for (const [writer, make] of [
  ["archiver", (options) => new ZipArchive(options)],
  ["archiver7", (options) => archiver7("zip", options)]
]) {
  await cells(writer, { stored: both, streamed: both, zip64: both }, async ({ stored, streamed, zip64 }, out) => {
    const archive = make({ store: stored, forceZip64: zip64 })
    for (const { content, name, path } of files) archive.append(streamed ? createReadStream(path) : content, { name })
    const written = pipeline(archive, out)
    await archive.finalize()
    await written
  })
}

await cells("zip-stream", { stored: both, streamed: both, zip64: both }, async ({ stored, streamed, zip64 }, out) => {
  const archive = new ZipStream({ forceZip64: zip64, store: stored })
  const written = pipeline(archive, out)
  for (const { content, name, path } of files) {
    const source = streamed ? createReadStream(path) : content
    await new Promise((done, failed) => archive.entry(source, { name }, (error) => (error ? failed(error) : done())))
  }
  archive.finalize()
  await written
})

await cells("yazl", { stored: both, streamed: both, zip64: both }, async ({ stored, streamed, zip64 }, out) => {
  const archive = new yazl.ZipFile()
  const options = { compress: !stored, forceZip64Format: zip64 }
  for (const { content, name, path } of files) {
    if (streamed) archive.addReadStream(createReadStream(path), name, options)
    else archive.addBuffer(content, name, options)
  }
  archive.end({ forceZip64Format: zip64 })
  await pipeline(archive.outputStream, out)
})

zipJs.configure({ useWebWorkers: false })
await cells(
  "@zip.js/zip.js",
  { stored: both, descriptor: both, zip64: both, streamed: both },
  async ({ descriptor, stored, streamed, zip64 }, out) => {
    const options = { level: stored ? 0 : 6, dataDescriptor: descriptor, zip64 }
    const zip = new zipJs.ZipWriter(streamed ? Writable.toWeb(out) : new zipJs.Uint8ArrayWriter(), options)
    for (const { content, name } of files) await zip.add(name, new zipJs.Uint8ArrayReader(content))
    const bytes = await zip.close()
    if (!streamed) return bytes
    await finished(out)
  }
)

for (const [writer, { Zip, ZipDeflate, ZipPassThrough, zipSync }] of [
  ["fflate", fflate],
  ["fflate7", fflate7]
]) {
  await cells(writer, { stored: both, streamed: both }, async ({ stored, streamed }) => {
    if (!streamed) {
      return zipSync(Object.fromEntries(files.map(({ content, name }) => [name, content])), { level: stored ? 0 : 6 })
    }
    const chunks = []
    const zip = new Zip((error, chunk) => {
      if (error) throw error
      chunks.push(chunk)
    })
    for (const { content, name } of files) {
      const entry = stored ? new ZipPassThrough(name) : new ZipDeflate(name)
      zip.add(entry)
      const middle = content.length >> 1
      entry.push(content.subarray(0, middle))
      entry.push(content.subarray(middle), true)
    }
    zip.end()
    return Buffer.concat(chunks)
  })
}

await cells("jszip", { stored: both, streamed: both, platform: ["DOS", "UNIX"] }, ({ platform, stored, streamed }) => {
  const zip = new JSZip()
  for (const { content, name } of files) zip.file(name, content)
  return zip.generateAsync({
    type: "nodebuffer",
    compression: stored ? "STORE" : "DEFLATE",
    streamFiles: streamed,
    platform
  })
})

await cells("adm-zip", { stored: both }, ({ stored }) => {
  const zip = new AdmZip()
  for (const { content, name } of files) {
    zip.addFile(name, content)
    if (stored) zip.getEntry(name).header.method = 0
  }
  return zip.toBuffer()
})
