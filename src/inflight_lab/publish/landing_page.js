// On a phone the landing page shows one lane at a time: the chosen one plays from its start.

const player = document.querySelector("inflight-run");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function playFromStart() {
  const home = new KeyboardEvent("keydown", { key: "Home", bubbles: true });
  player?.querySelector("[role=slider]")?.dispatchEvent(home);
  const button = player?.querySelector(".ifl-play");
  if (button instanceof HTMLElement && button.textContent !== "Pause") button.click();
}

for (const lane of document.querySelectorAll("input[name=lane]")) {
  lane.addEventListener("change", () => {
    if (!calm.matches) playFromStart();
  });
}
