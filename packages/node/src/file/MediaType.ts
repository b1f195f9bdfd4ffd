/**
 * Media types and the extensions that files of them have.
 *
 * @since 0.1.0
 */

const extensions: { readonly [type: string]: string } = {
  "application/json": "json",
  "application/pdf": "pdf",
  "application/zip": "zip",
  "audio/flac": "flac",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "image/avif": "avif",
  "image/gif": "gif",
  "image/heif": "heif",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tiff",
  "image/vnd.radiance": "hdr",
  "image/webp": "webp",
  "model/fbx": "fbx",
  "model/gltf+json": "gltf",
  "model/gltf-binary": "glb",
  "model/obj": "obj",
  "model/stl": "stl",
  "text/plain": "txt",
  "video/mp4": "mp4",
  "video/quicktime": "mov",
  "video/webm": "webm"
}

/**
 * The usual extension of a media type, without the dot; none for a type that is not known here.
 *
 * @category getters
 * @since 0.1.0
 */
export const extension = (type: string | undefined): string | undefined =>
  extensions[(type ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""]

/**
 * The media type of a file by the extension of its name; none for an extension that is not known here.
 *
 * @category getters
 * @since 0.1.0
 */
export const ofFile = (name: string): string | undefined => {
  const [, found = ""] = /\.(\w+)$/.exec(name) ?? []
  const wanted = found.toLowerCase()
  return Object.keys(extensions).find((type) => extensions[type] === wanted)
}
