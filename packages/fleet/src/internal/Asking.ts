/** How the database is asked: what goes wrong becomes an error of ours, and what does not answer is an error too. */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { DatabaseError } from "../FleetError.ts"

/** A statement that takes longer has lost its connection: the peer is frozen, or gone without a word. */
const answerWithin = Duration.seconds(15)

/**
 * Says what was done when the database failed, or did not answer. The error of the driver may hold anything, so it goes no further. A
 * connection that is lost within a transaction is a defect to Effect, for it cannot be rolled back.
 */
export const asking =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E | SqlError, R>): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError, R> =>
    effect.pipe(
      Effect.catchDefect((defect) => (isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect))),
      Effect.catchIf(isSqlError, (error) => Effect.fail(toDatabaseError(operation, error))),
      Effect.timeoutOrElse({
        duration: answerWithin,
        orElse: () =>
          Effect.fail(
            new DatabaseError({
              operation,
              description: "the database does not answer",
              advice: reach,
              isPassing: true
            })
          )
      })
    )

const reach = "check that the server runs and can be reached from here"

const toDatabaseError = (operation: string, { reason }: SqlError): DatabaseError => {
  const { cause } = reason
  const said = cause instanceof Error && cause.message !== "" ? cause.message : reason.message
  const isMissing = said.endsWith(" does not exist")
  const isPassing = !isMissing && (reason.isRetryable || reason._tag === "UnknownError")
  return new DatabaseError({
    operation,
    description: Redaction.wordOf(said, 300),
    advice:
      reason._tag === "AuthenticationError"
        ? "check the user and its password"
        : reason._tag === "AuthorizationError"
          ? "use the role that owns the tables, or one that has the rights that migrate --role prints"
          : isMissing
            ? "check the address of the database"
            : isPassing
              ? reach
              : "check the database, and what its log says",
    isPassing
  })
}

/** Tries again what fails because the server is away, for so long. */
export const patiently =
  (limit: Duration.Input) =>
  <A, E, R>(effect: Effect.Effect<A, E | DatabaseError, R>): Effect.Effect<A, E | DatabaseError, R> =>
    Effect.retry(effect, {
      while: (error) => error instanceof DatabaseError && error.isPassing,
      schedule: Schedule.upTo(Schedule.spaced("500 millis"), { duration: limit })
    })
