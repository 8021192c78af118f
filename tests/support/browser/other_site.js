// How a page of another site may try to reach an address.

/** @typedef {Record<string, string>} Got what came of each attempt, by its name */

/** Ask with `fetch`. @param {string} address @param {RequestMode} mode */
async function byFetch(address, mode) {
  try {
    const answer = await fetch(address, { mode });
    return `${answer.type} ${answer.status} ${await answer.text()}`;
  } catch (error) {
    return /** @type {Error} */ (error).name;
  }
}

/** Load it as an element's source. @param {string} address @param {string} name */
function byElement(address, name) {
  const element = /** @type {any} */ (document.createElement(name));
  element.src = address;
  return new Promise((resolve) => {
    element.onload = () => {
      resolve(`loaded ${element.contentDocument?.body.innerText ?? ""}`);
    };
    element.onerror = () => resolve("error");
    document.body.append(element);
  });
}

/** Ask from a frame that has no origin. @param {string} address */
function fromSandbox(address) {
  const script = `fetch("${address}")
    .then((answer) => answer.text())
    .catch((error) => error.name)
    .then((text) => parent.postMessage(text, "*"))`;
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.srcdoc = `<script>${script}</` + "script>";
  return new Promise((resolve) => {
    addEventListener("message", ({ data }) => resolve(data), { once: true });
    document.body.append(frame);
  });
}

/** Every way. @param {string} address */
export async function everyWay(address) {
  /** @type {Got} */
  const got = {};
  for (const mode of /** @type {const} */ (["cors", "no-cors", "same-origin"])) {
    got[mode] = await byFetch(address, mode);
  }
  for (const name of ["img", "script", "iframe"]) {
    got[name] = await byElement(address, name);
  }
  got.sandboxed = await fromSandbox(address);
  return got;
}
