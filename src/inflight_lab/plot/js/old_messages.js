// What the kernel sends, as the columns of a run.  This file goes when the kernel sends columns.

import { isRefusal } from "./outcomes.js";
import { emptyColumns } from "./run.js";

/**
 * @import { Columns, QuotaPolicy } from "./run.js"
 * @typedef {[time: number, lowest: number, highest: number, last: number]} OldPoint
 * @typedef {[time: number, what: import("./run.js").What, request: number | null,
 *   detail: number | string | null]} Row
 *
 * @typedef {object} OldMessage
 * @property {number} now
 * @property {boolean} live
 * @property {boolean} [reset]
 * @property {boolean} [numbered]
 * @property {import("./run.js").CountColumns} counts
 * @property {Record<string, OldPoint[]>} series
 * @property {Row[]} [rows]
 * @property {QuotaPolicy & { phase: number }} [rules]
 * @property {{ ok: number, refused: number, lost: number }} [gone]
 */

/** @returns {(message: OldMessage) => Columns} Remembers the quota between two messages. */
export function oldMessages() {
  let said = "";
  let quota = new OldQuota();
  return function columnsOf(message) {
    const { series, rules, rows = [], gone } = message;
    if (message.reset) {
      said = "";
      quota = new OldQuota();
    }
    const columns = emptyColumns();
    Object.assign(columns, { now: message.now, live: message.live });
    columns.numbered = message.numbered ?? false;
    columns.counts = message.counts;
    columns.phase = rules?.phase ?? 0;
    if (gone) {
      columns.dropped = {
        accepted: gone.ok,
        refused: gone.refused,
        failed: gone.lost,
        cancelled: 0,
      };
    }
    for (const [line, points] of Object.entries(series)) {
      if (line === "quota" || line === "token_quota") continue;
      columns.levels[/** @type {import("./run.js").Line} */ (line)] = {
        times: points.map((point) => point[0]),
        lowest: points.map((point) => point[1]),
        highest: points.map((point) => point[2]),
        last: points.map((point) => point[3]),
      };
    }
    const now = JSON.stringify({ ...rules, phase: 0 });
    if (now !== said) {
      const time = series.quota?.at(-1)?.[0] ?? (said ? message.now : 0);
      const history = (series.quota ?? []).slice(0, -1);
      for (const point of history) {
        if (rules) columns.policies.push({ ...rules, time: point[0], rate: point[3] });
      }
      if (rules) columns.policies.push({ ...rules, time });
      else if (said) columns.policies.push({ time, kind: "none" });
      said = now;
    }
    for (const [time, what, request, detail] of rows) {
      columns.events.times.push(time);
      columns.events.what.push(what);
      columns.events.requests.push(request);
      columns.events.details.push(detail);
      const counted = what === "arrived" && rules && detail !== null;
      columns.events.quota.push(counted ? quota.after(time, detail, rules) : null);
    }
    return columns;
  };
}

/** How the quota stands after each arrival, counted as the API does. */
class OldQuota {
  #tokens = NaN;
  #at = 0;
  #due = 0;
  /** @type {number[]} */
  #admitted = [];

  /**
   * @param {number} time
   * @param {unknown} status
   * @param {QuotaPolicy} policy
   */
  after(time, status, { kind, rate, period, burst }) {
    const spacing = period / rate;
    const before = Number.isNaN(this.#tokens) ? burst : this.#tokens;
    const left = Math.min(burst, before + (time - this.#at) / spacing);
    const refused = isRefusal(status);
    this.#tokens = refused ? Math.min(left, 1) : left - 1;
    this.#at = time;
    if (!refused) this.#due = Math.max(this.#due, time) + spacing;
    if (!refused) this.#admitted.push(time);
    this.#admitted = this.#admitted.filter((came) => time - came < period);
    if (kind === "token-bucket") return this.#tokens;
    return kind === "gcra" ? this.#due - time : this.#admitted.length;
  }
}
