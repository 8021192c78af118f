// What stands out in a run, as cards: what it is, what shows it, and what to do.

import { add, div } from "./dom.js";

/**
 * @typedef {object} Notebook
 * @property {string} number
 * @property {string} title
 *
 * @typedef {object} Finding
 * @property {"certain" | "likely"} certainty
 * @property {string} headline
 * @property {string} facts
 * @property {string} advice
 * @property {string} fix The command that prints the code that fixes it.
 * @property {Notebook | null} notebook It explains the finding.
 *
 * @typedef {object} Conclusion
 * @property {string} summary
 * @property {Finding[]} findings
 * @property {string} certainty What "certain" and "likely" mean, or "".
 * @property {string[]} warnings
 * @property {string} verdict What to say where nothing stands out, or "".
 * @property {number} status How the script ended: 0 is well.
 */

/**
 * Show the diagnosis in `section`, instead of what was there.
 *
 * @param {HTMLElement} section
 * @param {Conclusion} conclusion
 */
export function showDiagnosis(section, conclusion) {
  const { summary, findings, certainty, warnings, verdict } = conclusion;
  section.replaceChildren();
  add("p", section, { className: "summary", textContent: summary });
  for (const warning of warnings) addWarning(section, warning);
  if (verdict) div("calm", section, `✓ ${verdict}`);
  for (const finding of findings) addFinding(section, finding);
  if (certainty) add("p", section, { className: "words", textContent: certainty });
}

/**
 * @param {HTMLElement} section
 * @param {Finding} finding
 */
function addFinding(section, finding) {
  const { certainty, headline, facts, advice, fix, notebook } = finding;
  const className = `finding ${certainty}`;
  const card = add("article", section, { className });
  const heading = add("h2", card, { textContent: headline });
  add("span", heading, { className: "certainty", textContent: certainty });
  add("p", card, { textContent: `${facts}.` });
  add("p", card, { className: "advice", textContent: advice });
  if (fix) addFix(card, fix);
  if (notebook) addNotebook(card, notebook);
}

/**
 * A click on the command selects all of it, to be copied.
 *
 * @param {HTMLElement} card
 * @param {string} command
 */
function addFix(card, command) {
  const words = "This prints the code that fixes it:";
  const line = add("p", card, { className: "fix", textContent: words });
  const code = add("code", line);
  // A line may end before an option, but not within its hyphens.
  for (const [number, part] of command.split(/ (?=--)/).entries()) {
    if (number) code.append(" ");
    add("span", code, { textContent: part });
  }
}

/**
 * @param {HTMLElement} card
 * @param {Notebook} notebook
 */
function addNotebook(card, { number, title }) {
  const line = add("p", card, { className: "notebook" });
  line.append(`Explained in notebook ${number}, `);
  add("cite", line, { textContent: title });
  line.append(": ");
  add("code", line, { textContent: `inflight-lab --open ${number}` });
}

/**
 * @param {HTMLElement} section
 * @param {string} warning
 */
function addWarning(section, warning) {
  add("p", section, { className: "warning", textContent: `! ${warning}` });
}
