/** The extensions of media types. */

const extensions: { readonly [type: string]: string } = {
  "application/zip": ".zip",
  "audio/mpeg": ".mp3",
  "audio/wav": ".wav",
  "audio/x-wav": ".wav",
  "image/avif": ".avif",
  "image/gif": ".gif",
  "image/heif": ".heif",
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "image/svg+xml": ".svg",
  "image/tiff": ".tiff",
  "image/webp": ".webp",
  "model/gltf-binary": ".glb",
  "model/obj": ".obj",
  "video/mp4": ".mp4",
  "video/webm": ".webm"
}

/** The usual extension of a media type; none for one we do not know. */
export const of = (contentType: string | undefined): string =>
  extensions[(contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""] ?? ""
