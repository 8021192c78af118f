// Tells students when the server of their page has ended; otherwise the panel just looks
// idle.

const LOOK_AGAIN_MS = 3000;
/** One answer may be lost on a school's network. */
const MISSED_IN_A_ROW = 2;
const ENDED =
  "The server of this page has ended. What you see is the last thing it sent.";

const settings = document.getElementById("jupyter-config-data")?.textContent ?? "{}";
const { baseUrl, kernelId } = JSON.parse(settings);
let missed = 0;
/** @type {HTMLElement | null} */
let banner = null;

/** Whether the server answers, and still has what runs this page. */
async function isThere() {
  try {
    const options = /** @type {const} */ ({ cache: "no-store" });
    const { ok } = await fetch(`${baseUrl}api/kernels/${kernelId}`, options);
    return ok;
  } catch {
    return false;
  }
}

function showBanner() {
  const line = document.createElement("div");
  line.className = "ifl-ended";
  line.role = "alert";
  line.textContent = ENDED;
  const reload = document.createElement("button");
  reload.textContent = "Load the page again";
  reload.onclick = () => location.reload();
  line.append(reload);
  document.body.prepend(line);
  banner = line;
}

async function look() {
  missed = await isThere() ? 0 : missed + 1;
  if (missed === 0) {
    banner?.remove();
    banner = null;
  } else if (missed >= MISSED_IN_A_ROW && !banner) {
    showBanner();
  }
  setTimeout(look, LOOK_AGAIN_MS);
}

look();
