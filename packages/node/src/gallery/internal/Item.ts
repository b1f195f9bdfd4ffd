/** What a page is made of. */

/**
 * One file of a page, and what is known of it. Only `path` is certain.
 *
 * @category models
 * @since 0.1.0
 */
export interface Item {
  /** Of its file, relative to the page, with `/` between directories. */
  readonly path: string
  /** What the asset is called; default is the name of its file. */
  readonly name?: string | undefined
  /** The size of its file. */
  readonly bytes?: number | undefined
  readonly id?: string | undefined
  /** In Scenario's words: `image`, `video`, `audio`, `3d`, … Default is what the extension stands for. */
  readonly kind?: string | undefined
  readonly mimeType?: string | undefined
  readonly prompt?: string | undefined
  readonly negativePrompt?: string | undefined
  readonly seed?: string | undefined
  readonly modelId?: string | undefined
  /** In ISO 8601. */
  readonly createdAt?: string | undefined
  readonly tags?: ReadonlyArray<string> | undefined
}
