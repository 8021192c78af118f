// On a phone the landing page shows one lane at a time: the chosen one plays from its start.

/** @typedef {HTMLElement & { playFromStart(): void }} InflightRun */

const player = /** @type {InflightRun} */ (document.querySelector("inflight-run"));

for (const lane of document.querySelectorAll("input[name=lane]")) {
  lane.addEventListener("change", () => player.playFromStart());
}
