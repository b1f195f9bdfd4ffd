/** Questions and answers of chance: what the rules promise together, and what each of them is good for. */
import { assert, describe, it } from "@effect/vitest"
import type { StoredObject } from "@scenario-assets/core"
import * as Seeded from "../../src/testing/internal/Seeded.ts"
import * as RangeRules from "../../src/transfer/internal/RangeRules.ts"
import * as StoredObjects from "../../src/transfer/internal/StoredObjects.ts"

interface Question {
  readonly at: RangeRules.Position
  readonly begun: RangeRules.Begun
  readonly head: RangeRules.Head
  readonly expect: "zip" | undefined
}

const size = 100
const date = "Sun, 06 Nov 1994 08:49:37 GMT"

const questions = (seed: number, count: number): ReadonlyArray<Question> => {
  const numbers = Seeded.numbers(seed)
  const random = (most: number) => numbers() % most
  const some = <A>(first: A, ...others: ReadonlyArray<A>): A => {
    const chosen = random(others.length + 1)
    return others.reduce((found, other, index) => (index + 1 === chosen ? other : found), first)
  }
  const given = (name: string, first: string | undefined, ...others: ReadonlyArray<string | undefined>) => {
    const value = some(first, ...others)
    return value === undefined ? {} : { [name]: value }
  }
  return Array.from({ length: count }, () => {
    const hasBytes = random(3) > 0
    const object: StoredObject.StoredObject = {
      ...some({}, { size }),
      ...some({}, { etag: '"a"' }, { etag: 'W/"a"' }),
      ...some({}, { lastModified: date })
    }
    const offset = some(0, 1, 50, 90, size)
    const start = some(offset, offset, offset, 0, 10, 90)
    const last = some(size - 1, size - 1, 59, start, start - 1)
    const of = some("100", "100", "*", "60")
    return {
      at: {
        offset,
        end: some(undefined, size, 60),
        suffix: hasBytes ? undefined : some(undefined, undefined, 10),
        unconfirmed: hasBytes && random(3) === 0,
        whole: false
      },
      begun: { hasBytes, object: some(object, object, undefined), acceptsRanges: random(2) === 0 },
      head: {
        status: some(200, 200, 200, 206, 206, 206, 206, 416, 416, 400, 403, 404, 410, 412, 429, 503, 204, 451),
        headers: {
          ...given("content-length", undefined, "100", "100", String(Math.max(0, last + 1 - start)), "50", "90"),
          ...given(
            "content-range",
            undefined,
            `bytes ${start}-${last}/${of}`,
            `bytes ${start}-${last}/${of}`,
            `bytes */${some(offset, size, 7)}`
          ),
          ...given("etag", undefined, '"a"', '"a"', 'W/"a"', '"b"'),
          ...given("last-modified", undefined, date, "Mon, 07 Nov 1994 08:49:37 GMT"),
          ...given("content-type", undefined, "application/zip", "text/html; charset=utf-8", "application/xml"),
          ...given("content-encoding", undefined, undefined, "gzip"),
          ...given("transfer-encoding", undefined, undefined, "chunked"),
          ...given("accept-ranges", undefined, "bytes")
        }
      },
      expect: some(undefined, "zip" as const)
    }
  })
}

/** What an answer says of the object it is of, read without the rules. */
const objectOf = ({ headers, status }: RangeRules.Head) => {
  const [, start, last, of] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? []
  const [, alone] = /^bytes \*\/(\d+)$/.exec(headers["content-range"] ?? "") ?? []
  const total = status === 200 ? headers["content-length"] : status === 206 && of !== "*" ? of : alone
  const range = start === undefined ? undefined : { start: Number(start), last: Number(last) }
  const known = total === undefined || (status === 206 && of === undefined) ? undefined : Number(total)
  return { range, total: known, object: StoredObjects.fromHeaders(headers, status, known) }
}

type Holds = (question: Question, action: RangeRules.Action) => boolean

const isTaken = (action: RangeRules.Action) => action._tag === "Take"
const failsWith = (action: RangeRules.Action, reason: string) => action._tag === "Fail" && action.reason._tag === reason
const when = (condition: boolean, result: boolean) => !condition || result

const promises: Readonly<Record<string, Holds>> = {
  "bytes are taken from a 200 or a 206 alone": ({ head: { status } }, action) =>
    when(isTaken(action), status === 200 || status === 206),
  "a link that is refused is replaced": ({ head: { status } }, action) =>
    [400, 401, 403].includes(status) === (action._tag === "Refused"),
  "an object that is gone is not asked for again": ({ head: { status } }, action) =>
    when(status === 404 || status === 410, failsWith(action, "ObjectMissing")),
  "a condition that does not hold is another object": ({ head: { status } }, action) =>
    when(status === 412, action._tag === "Changed" && action.now === "another"),
  "what passes is tried again": ({ head: { status } }, action) =>
    when(status === 429 || status === 503, action._tag === "Broken" && action.status === status),
  "a status that means nothing is told": ({ head: { status } }, action) =>
    when(status === 204 || status === 451, failsWith(action, "UnexpectedStatus")),

  "the bytes of a 206 are those that are due": ({ at, begun, head }, action) => {
    if (action._tag !== "Take" || head.status !== 206) return true
    const { range, total } = objectOf(head)
    if (range === undefined || range.last < range.start || (total !== undefined && range.last >= total)) return false
    const due = begun.hasBytes ? at.offset : at.suffix === undefined ? 0 : (total ?? Number.NaN) - at.suffix
    return range.start === Math.max(0, due) && action.offset === range.start && action.declared === range.last + 1
  },
  "a 206 has as many bytes as it says": ({ head }, action) => {
    if (!isTaken(action) || head.status !== 206) return true
    const { range } = objectOf(head)
    const length = head.headers["content-length"]
    return length === undefined || Number(length) === (range?.last ?? 0) + 1 - (range?.start ?? 0)
  },
  "a 200 begins with the first byte": ({ begun, head: { status }, at }, action) =>
    when(isTaken(action) && status === 200 && begun.hasBytes, at.offset === 0),
  "bytes of two objects are never joined": ({ begun, head }, action) =>
    when(
      begun.hasBytes && isTaken(action),
      begun.object !== undefined && StoredObjects.isSame(begun.object, objectOf(head).object)
    ),
  "nor is the end of another object an end": ({ at, begun, head }, action) => {
    if (!begun.hasBytes || action._tag !== "End" || begun.object === undefined) return true
    const object = { ...objectOf(head).object, ...(head.status === 416 ? { size: at.offset } : {}) }
    return !StoredObjects.isDifferent(begun.object, object)
  },
  "an end is proved": ({ at, begun, head }, action) => {
    if (action._tag !== "End") return true
    const offset = begun.hasBytes ? at.offset : 0
    return objectOf(head).total === offset && (head.status === 416 || (at.unconfirmed && head.status === 200))
  },
  "an end that is proved is taken": ({ at, begun, head }, action) => {
    const { object, total } = objectOf(head)
    const isProved =
      begun.hasBytes &&
      begun.object !== undefined &&
      at.unconfirmed &&
      total === at.offset &&
      (head.status === 200
        ? StoredObjects.isSame(begun.object, object)
        : head.status === 416 && !StoredObjects.isDifferent(begun.object, object))
    return when(isProved, action._tag === "End")
  },
  "an end that nothing proves is none, and not asked for for ever": ({ at, head }, action) => {
    const { headers, status } = head
    const isEndless =
      status === 200 && headers["content-length"] === undefined && headers["transfer-encoding"] !== "chunked"
    return when(at.unconfirmed && isEndless, failsWith(action, "LengthMismatch"))
  },
  "an object that turns out to be longer is told": ({ at, head }, action) =>
    when(
      head.status === 416 && at.unconfirmed && objectOf(head).total !== at.offset,
      failsWith(action, "LengthMismatch")
    ),
  "all of an object is more than nothing": ({ at, begun, head }, action) =>
    when(
      head.status === 416 && !at.unconfirmed && at.suffix === undefined && (!begun.hasBytes || at.offset === 0),
      failsWith(action, "UnexpectedStatus")
    ),
  "a host that knows no last bytes serves no ranges": ({ at, head }, action) =>
    when(
      head.status === 416 && at.suffix !== undefined && objectOf(head).total !== 0,
      failsWith(action, "RangesRefused")
    ),
  "an object that is shorter now is another one": ({ at, begun, head }, action) =>
    when(
      head.status === 416 && begun.hasBytes && at.offset > 0 && !at.unconfirmed && objectOf(head).total !== at.offset,
      action._tag === "Changed" && action.now === "another"
    ),
  "the same object from its first byte is that, and what it says is kept": ({ at, begun, head }, action) => {
    const { object } = objectOf(head)
    const known = begun.object
    const isEnd = at.unconfirmed && (object.size === at.offset || object.size === undefined)
    return when(
      head.status === 200 && begun.hasBytes && at.offset > 0 && !isEnd && known !== undefined,
      known === undefined ||
        !StoredObjects.isSame(known, object) ||
        (action._tag === "Changed" && action.now === "same" && action.object !== undefined)
    )
  },
  "a page and an encoded body are no object": ({ expect, head: { headers } }, action) => {
    const type = headers["content-type"] ?? ""
    const isPage = type.startsWith("text/html") || (expect === "zip" && type === "application/xml")
    return when(isPage || headers["content-encoding"] !== undefined, !isTaken(action))
  }
}

const samples = questions(2, 30_000)

/** The promises that these rules break. */
const brokenBy = (rules: Parameters<typeof RangeRules.decide>[4]): ReadonlyArray<string> => {
  const broken = new Set<string>()
  for (const question of samples) {
    const action = RangeRules.decide(question.at, question.begun, question.head, question.expect, rules)
    for (const [name, holds] of Object.entries(promises)) {
      if (!broken.has(name) && !holds(question, action)) broken.add(name)
    }
  }
  return [...broken]
}

describe("The rules for a range", () => {
  it("keep their promises", () => {
    assert.deepStrictEqual(brokenBy(undefined), [])
  })

  it.each(Object.keys(RangeRules.rules))("break one without %s", (name) => {
    const others = Object.entries(RangeRules.rules).flatMap(([other, rule]) => (other === name ? [] : [rule]))
    assert.isNotEmpty(brokenBy(others))
  })
})
