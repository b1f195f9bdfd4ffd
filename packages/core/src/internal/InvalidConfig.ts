import * as Schema from "effect/Schema"

/**
 * A configuration that cannot work. The message says what to set; it never repeats a secret.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidConfig extends Schema.TaggedError<InvalidConfig>()("InvalidConfig", {
  /** Whether the credentials are at fault, or something else. */
  kind: Schema.Literals(["credentials", "baseUrl", "projectId"]),
  message: Schema.String
}) {}
