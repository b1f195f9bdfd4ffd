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
  /** The headers of the request. */
  readonly asked: Readonly<Record<string, string>>
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
    const question: Omit<Question, "asked"> = {
      at: {
        offset,
        way: some(undefined, undefined, "plain" as const, "whole" as const),
        end: some(undefined, size, 60),
        suffix: hasBytes ? undefined : some(undefined, undefined, 10),
        unconfirmed: hasBytes && random(3) === 0,
        whole: false
      },
      begun: {
        hasBytes,
        object: some(object, object, undefined),
        acceptsRanges: random(2) === 0,
        isVolatile: random(5) === 0
      },
      head: {
        status: some(
          200,
          200,
          200,
          206,
          206,
          206,
          206,
          416,
          416,
          400,
          403,
          404,
          410,
          412,
          429,
          500,
          503,
          204,
          405,
          501
        ),
        headers: {
          ...given("content-length", undefined, "100", "100", "0", String(Math.max(0, last + 1 - start)), "50", "90"),
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
          ...given("content-encoding", undefined, undefined, "gzip", "", "aws-chunked", "aws-chunked, BR"),
          ...given("transfer-encoding", undefined, undefined, "chunked"),
          ...given("accept-ranges", undefined, "bytes")
        }
      },
      expect: some(undefined, "zip" as const)
    }
    return { ...question, asked: RangeRules.ask(question.at, question.begun) }
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

const isRange = ({ asked }: Question) => asked["range"] !== undefined
/** By its type or coding. */
const isRefused = ({ expect, head: { headers } }: Question) =>
  headers["content-type"]?.startsWith("text/html") === true ||
  (expect === "zip" && headers["content-type"] === "application/xml") ||
  /gzip|br/i.test(headers["content-encoding"] ?? "")
/** Some way is left that the host may like better. */
const goesDown = ({ at }: Question, action: RangeRules.Action) =>
  (action._tag === "Again" || action._tag === "Broken") && action.way === (at.way === undefined ? "plain" : "whole")

const promises: Readonly<Record<string, Holds>> = {
  "bytes are taken from a 200 or a 206 alone": ({ head: { status } }, action) =>
    when(isTaken(action), status === 200 || status === 206),
  "a link that is refused is replaced, but not where the last bytes may be what is refused": (question, action) => {
    const { at, head } = question
    const isRefused = [400, 401, 403].includes(head.status)
    const isSuffix = at.suffix !== undefined && at.way === undefined
    return isSuffix && isRefused ? goesDown(question, action) : isRefused === (action._tag === "Refused")
  },
  "an object that is gone is not asked for again": ({ head: { status } }, action) =>
    when(status === 404 || status === 410, failsWith(action, "ObjectMissing")),
  "what passes is tried again": ({ head: { status } }, action) =>
    when([429, 500, 503].includes(status), action._tag === "Broken" && action.status === status),
  "and in the same way, but for last bytes that break a host": (question, action) => {
    const { at, head } = question
    if (![429, 500, 503].includes(head.status) || action._tag !== "Broken") return true
    return head.status === 500 && at.suffix !== undefined && isRange(question)
      ? goesDown(question, action)
      : action.way === undefined
  },
  "a status that means nothing is told, but where the range may be to blame": (question, action) =>
    when(
      [204, 405, 412, 501].includes(question.head.status),
      isRange(question) ? goesDown(question, action) : failsWith(action, "UnexpectedStatus")
    ),

  "the bytes of a 206 are those that are due": ({ at, begun, head }, action) => {
    if (action._tag !== "Take" || head.status !== 206) return true
    const { range, total } = objectOf(head)
    if (range === undefined || range.last < range.start || (total !== undefined && range.last >= total)) return false
    const due = Math.max(
      0,
      begun.hasBytes ? at.offset : at.suffix === undefined ? 0 : (total ?? Number.NaN) - at.suffix
    )
    const isThere = range.start <= due && due <= range.last
    return isThere && action.offset === due && action.from === range.start && action.declared === range.last + 1
  },
  "a 206 that begins too early is taken from where it is wanted": ({ at, begun, head, expect }, action) => {
    const { object, range, total } = objectOf(head)
    const length = head.headers["content-length"]
    if (head.status !== 206 || !begun.hasBytes || range === undefined || begun.object === undefined) return true
    const isProper =
      range.start < at.offset &&
      at.offset <= range.last &&
      (total === undefined || range.last < total) &&
      (length === undefined || Number(length) === range.last + 1 - range.start) &&
      StoredObjects.isSame(begun.object, object) &&
      head.headers["content-encoding"] === undefined &&
      expect === undefined &&
      head.headers["content-type"] === undefined
    return when(isProper, action._tag === "Take")
  },
  "a 206 that cannot be used is asked for again, in another way": (question, action) => {
    const { at, head } = question
    const { range, total } = objectOf(head)
    if (head.status !== 206) return true
    const isUsable = range !== undefined && range.last >= range.start && (total === undefined || range.last < total)
    return when(!isUsable, goesDown(question, action) || (at.suffix !== undefined && action._tag === "Again"))
  },
  "how many bytes there are is learned from any range": ({ at, begun, head }, action) => {
    const { object, range, total } = objectOf(head)
    const isFirstTail = at.way === undefined || (at.way === "plain" && begun.object?.size === undefined)
    const isProper = range !== undefined && total !== undefined && range.start <= range.last && range.last < total
    const isLearned =
      head.status === 206 && at.suffix !== undefined && isFirstTail && isProper && range.last < total - at.suffix
    return when(isLearned, action._tag === "Again" && action.way === "plain" && action.object?.size === object.size)
  },
  "and else the whole is asked for": (question, action) => {
    const { at, head } = question
    const { range, total } = objectOf(head)
    return when(
      head.status === 206 && at.suffix !== undefined && isRange(question) && range !== undefined && total === undefined,
      action._tag === "Again" && action.way === "whole"
    )
  },
  "no question is asked twice at once": ({ at, begun }, action) => {
    if (action._tag !== "Again") return true
    const rank = (way: RangeRules.Way | undefined) => ["plain", "whole"].indexOf(way ?? "")
    if (rank(action.way) > rank(at.way)) return true
    return at.way === "plain" && begun.object?.size === undefined && action.object?.size !== undefined
  },
  "a 206 has as many bytes as it says": ({ head }, action) => {
    if (!isTaken(action) || head.status !== 206) return true
    const { range } = objectOf(head)
    const length = head.headers["content-length"]
    return length === undefined || Number(length) === (range?.last ?? 0) + 1 - (range?.start ?? 0)
  },
  "a 200 begins with the first byte": ({ begun, head: { status }, at }, action) =>
    when(isTaken(action) && status === 200 && begun.hasBytes, at.offset === 0),
  "last bytes of nothing are not taken where something was asked for": (question, action) => {
    const { at, head } = question
    const isEmpty = head.status === 200 && head.headers["content-length"] === "0"
    return when(isEmpty && at.suffix !== undefined && isRange(question), goesDown(question, action))
  },
  "bytes of two objects are never joined": ({ begun, head }, action) =>
    when(
      begun.hasBytes && isTaken(action),
      begun.object !== undefined && StoredObjects.isSame(begun.object, objectOf(head).object)
    ),
  "an object that differs in nothing but its tag or date is told from one that changed": ({ begun, head }, action) => {
    if (!begun.hasBytes || begun.object === undefined || action._tag !== "Changed") return true
    const { object, total } = objectOf(head)
    const sizes = [begun.object.size, head.status === 416 ? undefined : total]
    const isSameSize = sizes[0] !== undefined && sizes[0] === sizes[1]
    return when(
      isSameSize && StoredObjects.isDifferent(begun.object, object),
      head.status === 416 || action.now === "retagged"
    )
  },
  "one that changed is another one": ({ begun, head }, action) => {
    const { total } = objectOf(head)
    const known = begun.object?.size
    const isChanged = begun.hasBytes && known !== undefined && total !== undefined && known !== total
    return when(isChanged && action._tag === "Changed", action._tag === "Changed" && action.now === "another")
  },
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
  "an end that is proved is taken": (question, action) => {
    const { at, begun, head } = question
    const { object, total } = objectOf(head)
    const isProved =
      begun.hasBytes &&
      begun.object !== undefined &&
      at.unconfirmed &&
      total === at.offset &&
      (head.status === 200
        ? StoredObjects.isSame(begun.object, object)
        : head.status === 416 && isRange(question) && !StoredObjects.isDifferent(begun.object, object))
    return when(isProved, action._tag === "End")
  },
  "an end that nothing proves is none, and not asked for for ever": ({ at, head }, action) => {
    const { headers, status } = head
    const isEndless =
      status === 200 && headers["content-length"] === undefined && headers["transfer-encoding"] !== "chunked"
    return when(at.unconfirmed && isEndless, failsWith(action, "LengthMismatch"))
  },
  "an object that turns out to be longer is told": (question, action) =>
    when(
      question.head.status === 416 &&
        question.at.unconfirmed &&
        isRange(question) &&
        objectOf(question.head).total !== question.at.offset,
      failsWith(action, "LengthMismatch")
    ),
  "all of an object is more than nothing": (question, action) =>
    when(question.head.status === 416 && !isRange(question), failsWith(action, "UnexpectedStatus")),
  "a host that knows no last bytes is asked in another way": (question, action) =>
    when(
      question.head.status === 416 &&
        question.at.suffix !== undefined &&
        isRange(question) &&
        objectOf(question.head).total !== 0,
      goesDown(question, action)
    ),
  "an object that is shorter now is another one, and a range that is denied says nothing": (question, action) => {
    const { at, begun, head } = question
    const { total } = objectOf(head)
    if (head.status !== 416 || !begun.hasBytes || !isRange(question) || at.unconfirmed || total === at.offset)
      return true
    const isResized = begun.object?.size !== undefined && total !== undefined && begun.object.size !== total
    return isResized ? action._tag === "Changed" && action.now === "another" : goesDown(question, action)
  },
  "a host that sends all because of a condition is asked without one": (question, action) => {
    const { at, asked, begun, head } = question
    const { object } = objectOf(head)
    const isDue = head.status === 200 && asked["if-range"] !== undefined && begun.hasBytes && !at.unconfirmed
    const isOther = begun.object !== undefined && StoredObjects.isDifferent(begun.object, object)
    return when(isDue && !isOther && !isRefused(question), action._tag === "Again" && action.way === "plain")
  },
  "the same object from its first byte is that, and what it says is kept": (question, action) => {
    const { at, asked, begun, head } = question
    const { object } = objectOf(head)
    const known = begun.object
    const isEnd = at.unconfirmed && (object.size === at.offset || object.size === undefined)
    return when(
      head.status === 200 &&
        begun.hasBytes &&
        at.offset > 0 &&
        !isEnd &&
        !isRefused(question) &&
        known !== undefined &&
        asked["if-range"] === undefined,
      known === undefined ||
        !StoredObjects.isSame(known, object) ||
        (action._tag === "Changed" && action.now === "same" && action.object !== undefined)
    )
  },
  "a page and an encoded body are no object": ({ expect, head: { headers } }, action) => {
    const type = headers["content-type"] ?? ""
    const isPage = type.startsWith("text/html") || (expect === "zip" && type === "application/xml")
    const isEncoded = /gzip|br/i.test(headers["content-encoding"] ?? "")
    return when(isPage || isEncoded, !isTaken(action))
  },
  "and nothing that has come is given up for a page": ({ begun, expect, head: { headers, status } }, action) => {
    const type = headers["content-type"] ?? ""
    const isPage = type.startsWith("text/html") || (expect === "zip" && type === "application/xml")
    return when(status === 200 && begun.hasBytes && isPage, action._tag !== "Changed")
  },
  "nothing is joined of a host whose answers disagree": ({ begun }, action) =>
    when(action._tag === "Take" && begun.isVolatile === true, action._tag === "Take" && !action.acceptsRanges)
}

const samples = questions(2, 30_000)

/** The promises that these rules break, or the first so many of them. */
const brokenBy = (rules: Parameters<typeof RangeRules.decide>[5], most = Infinity): ReadonlyArray<string> => {
  const broken = new Set<string>()
  for (const question of samples) {
    const { asked, at, begun, expect, head } = question
    const action = RangeRules.decide(at, begun, head, expect, asked, rules)
    if (broken.size >= most) break
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
    assert.isNotEmpty(brokenBy(others, 1))
  })
})
