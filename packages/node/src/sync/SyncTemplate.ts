/**
 * How the files of a synchronized directory are named: a text with fields that stand for what is known of an asset.
 *
 * @since 0.1.0
 */
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as EntryPath from "../archive/internal/EntryPath.ts"

/** @category constants @since 0.1.0 */
export const fields = ["date", "model", "prompt", "seed", "id", "ext", "collection", "kind", "name"] as const

/**
 * The template where there is no other.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultTemplate = "{date} {prompt} {id}.{ext}"

/**
 * A template that names no file.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSyncTemplate extends Schema.TaggedError<InvalidSyncTemplate>()("InvalidSyncTemplate", {
  template: Schema.String,
  /** What is wrong, and what to do. */
  problem: Schema.String
}) {
  override get message(): string {
    return `the template ${JSON.stringify(this.template)} ${this.problem}`
  }
}

/**
 * A template that was checked.
 *
 * @category models
 * @since 0.1.0
 */
export interface SyncTemplate {
  readonly text: string
  readonly usesCollection: boolean
  /** Where the file of an asset goes, relative to the directory: safe on every system, and not always unique. */
  readonly path: (
    record: AssetRecord,
    known: { readonly extension: string | undefined; readonly collection: string | undefined }
  ) => string
}

/** More of a prompt, or of a name, tells nobody more. In characters. */
const longestField = 80

/**
 * Checks a template: `{date}`, `{model}`, `{prompt}`, `{seed}`, `{id}`, `{ext}`, `{collection}`, `{kind}` and `{name}`; `/` makes a folder.
 * What is not known of an asset is left out. Two assets with the same name are told apart by numbers.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (text: string): Effect.Effect<SyncTemplate, InvalidSyncTemplate> => {
  const used = Array.from(text.matchAll(/\{([^{}]*)\}/g), ([, name = ""]) => name)
  const unknown = used.find((name) => !fields.some((field) => field === name))
  const refuse = (problem: string) => Effect.fail(new InvalidSyncTemplate({ template: text, problem }))
  if (unknown !== undefined) {
    return refuse(`has {${unknown}}, which is no field; there are ${fields.map((field) => `{${field}}`).join(", ")}`)
  }
  if (!used.some((name) => name !== "ext" && name !== "kind")) {
    return refuse("gives all files the same name; use {id}, {prompt}, {seed} or {name} in it")
  }
  if (
    text.endsWith("/") ||
    text.split("/").some((segment) => /^\.*$/.test(segment.trim())) ||
    /[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, ""))
  ) {
    return refuse("is no path of a file; each part between / needs a name, and braces stand around fields alone")
  }
  return Effect.succeed({
    text,
    usesCollection: used.includes("collection"),
    path: (record, { collection, extension }) => {
      const values: { readonly [field: string]: string | undefined } = {
        date: record.createdAt === undefined ? undefined : DateTime.formatIsoDateUtc(record.createdAt),
        model: record.modelId,
        prompt: record.prompt ?? record.name,
        seed: record.seed,
        id: record.id,
        ext: extension,
        collection,
        kind: record.kind,
        name: record.name
      }
      const segments = text
        .split("/")
        .map((segment) => tidy(segment.replaceAll(/\{([^{}]*)\}/g, (_, field: string) => value(values[field] ?? ""))))
      const folders = segments.slice(0, -1).filter((segment) => !/^\.*$/.test(segment))
      const filled = [...folders, ownName(segments.at(-1) ?? "", record.id)].map(visible)
      return EntryPath.of({ name: filled.join("/") }).segments.join("/")
    }
  })
}

/** A value is a part of a name, and makes no folders. */
const value = (text: string): string =>
  Array.from(text.replaceAll(/[/\\]+/g, "_").trim())
    .slice(0, longestField)
    .join("")
    .trim()

/** A segment without what empty fields leave. */
const tidy = (segment: string): string =>
  segment
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/[ -]+\./g, ".")
    .replace(/\.$/, "")
    .trim()

/** A name of which nothing but an extension is left is that of the asset. */
const ownName = (segment: string, id: string): string =>
  /^\.*$/.test(segment) ? id : /^\.[^.]*$/.test(segment) ? id + segment : segment

/** What begins with a dot is hidden on some systems. */
const visible = (segment: string): string => (segment.startsWith(".") ? `_${segment}` : segment)
