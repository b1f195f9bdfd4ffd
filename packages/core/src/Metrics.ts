/**
 * What is counted, for whoever reads `Metric.snapshot` or exports it. Unread, it costs next to nothing. docs/observability.md lists
 * all of it, with the spans and the logs.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

/** Bytes of objects that storage hosts have sent. Those that come again are counted again. @category metrics @since 0.1.0 */
export const transferBytes = Metric.counter("scenario.transfer.bytes", {
  description: "Bytes received from storage hosts",
  incremental: true
})

/**
 * Exchanges with storage hosts that failed and are tried again. `reason` is `connect`, `response`, `body`, `silence`, `answer` (one
 * of which nothing can be made) or `status_503` and the like.
 *
 * @category metrics
 * @since 0.1.0
 */
export const transferRetries = Metric.counter("scenario.transfer.retries", {
  description: "Exchanges with storage hosts that are tried again, by reason",
  incremental: true
})

/** Fresh links that were asked for in place of refused ones. @category metrics @since 0.1.0 */
export const transferLinksRefreshed = Metric.counter("scenario.transfer.links_refreshed", {
  description: "Fresh links in place of refused ones",
  incremental: true
})

/** Exchanges with storage hosts that are under way. @category metrics @since 0.1.0 */
export const transferConnections = Metric.gauge("scenario.transfer.connections", {
  description: "Exchanges with storage hosts that are under way"
})

/** Transfers that have ended. `outcome` is `success`, `failure` or `interrupted`. @category metrics @since 0.1.0 */
export const transfers = Metric.counter("scenario.transfers", {
  description: "Transfers that have ended, by outcome",
  incremental: true
})

/** Jobs. `state` is `begun`, or how one ended: `success`, `failure` or `canceled`. @category metrics @since 0.1.0 */
export const jobs = Metric.counter("scenario.jobs", {
  description: "Jobs that were begun, and that were seen to end, by state",
  incremental: true
})

/** Seconds from the first look at a job to its end. @category metrics @since 0.1.0 */
export const jobWait = Metric.histogram("scenario.job.wait", {
  description: "Seconds that a job was waited for",
  boundaries: [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]
})

/** Calls of the API that failed and are tried again. `reason` is the tag of the error's reason. @category metrics @since 0.1.0 */
export const apiRetries = Metric.counter("scenario.api.retries", {
  description: "Calls of the API that are tried again, by reason",
  incremental: true
})

/** Files that have got their names: archives and assets, and files of archives. @category metrics @since 0.1.0 */
export const filesWritten = Metric.counter("scenario.files.written", {
  description: "Files that have got their names",
  incremental: true
})

/** Archives that were extracted. `outcome` is `success`, `failure` or `interrupted`. @category metrics @since 0.1.0 */
export const extractions = Metric.counter("scenario.extractions", {
  description: "Extractions that have ended, by outcome",
  incremental: true
})
