/** The link to a file beside the page. */

/**
 * A relative link. Each segment of the path is encoded, so that `#`, `?`, `%` and `\` are characters of a name; what comes first is
 * always `./`, so that no name is taken for a scheme such as `javascript:`.
 */
export const of = (path: string): string => `./${path.toWellFormed().split("/").map(encodeURIComponent).join("/")}`
