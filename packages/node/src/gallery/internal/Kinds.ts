/** What kind of file a name stands for, by its extension. */

const extensions: Readonly<Record<string, string>> = {
  image: "png jpg jpeg jfif webp gif avif svg bmp ico apng tif tiff heic heif psd tga",
  "image-hdr": "hdr exr",
  video: "mp4 m4v mov webm mkv avi ogv",
  audio: "wav mp3 m4a aac ogg oga opus flac",
  "3d": "glb gltf obj mtl fbx usdz usd stl ply splat spz",
  document: "pdf txt md html htm csv doc docx",
  json: "json jsonl ndjson"
}

const kinds: ReadonlyMap<string, string> = new Map(
  Object.entries(extensions).flatMap(([kind, names]) => names.split(" ").map((name) => [name, kind] as const))
)

/** The extension of a path, in lower case and without its dot; empty where there is none. */
export const extensionOf = (path: string): string => /[^/]\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""

/** `image`, `video`, `audio` and so on, in Scenario's words; `undefined` for extensions that nobody knows. */
export const kindOf = (path: string): string | undefined => kinds.get(extensionOf(path))

/** Pictures that browsers do not show. */
const unshown: ReadonlySet<string> = new Set("tif tiff heic heif psd tga hdr exr".split(" "))

/** How a page shows a file: as a picture, in a player, or by its name alone. */
export const displayOf = (file: {
  readonly path: string
  readonly kind?: string | undefined
  readonly mimeType?: string | undefined
}): "picture" | "video" | "audio" | "card" => {
  const extension = extensionOf(file.path)
  // The extension decides, for a browser that opens a file from a disk has nothing else to go by either.
  const kind = kinds.get(extension) ?? /^(image|video|audio)\//.exec(file.mimeType ?? "")?.[1] ?? file.kind
  if (kind === "image" && !unshown.has(extension)) return "picture"
  return kind === "video" || kind === "audio" ? kind : "card"
}
