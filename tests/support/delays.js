// How long a page takes to answer, for the measurements in tests/benchmarks.

/** @param {string} selector @returns {any} */
function find(selector) {
  return document.querySelector(selector);
}

/**
 * Milliseconds from a move of the limit to as many in flight; -1 after five seconds.
 */
export async function sliderToInFlight() {
  const plot = find(".ifl-panel .ifl-lane");
  const knob = find(".ifl-panel input[name=limit]");
  const begun = performance.now();
  const wanted = knob.value > 25 ? 1 : Number(knob.value) + 5;
  knob.value = wanted;
  knob.dispatchEvent(new Event("input"));
  while (Number(plot.dataset.inFlight) !== wanted) {
    if (performance.now() - begun > 5000) return -1;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - begun;
}

/**
 * Milliseconds from a step up of the slider that has the focus to a change in flight.
 * @param {number} patience milliseconds after which it is null
 */
export function stepToChange(patience) {
  const plot = find(".ifl-lane");
  const knob = /** @type {any} */ (document.activeElement);
  const before = plot.dataset.inFlight;
  const begin = performance.now();
  return new Promise((answered) => {
    new MutationObserver((_, observer) => {
      if (plot.dataset.inFlight === before) return;
      observer.disconnect();
      answered(performance.now() - begin);
    }).observe(plot, { attributes: true });
    setTimeout(answered, patience, null);
    knob.stepUp(); // as an arrow does, which only a person can press
    knob.dispatchEvent(new Event("input"));
  });
}
