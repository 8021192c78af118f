"""Nothing comes in from other sites."""

from __future__ import annotations

from playwright.sync_api import Browser

from inflight_lab import PracticeServer
from tests.support.browser import EVIL, IN_BROWSER

pytestmark = IN_BROWSER

STEAL = """
async (address) => {
  const got = {};
  for (const mode of ["cors", "no-cors", "same-origin"]) {
    try {
      const answer = await fetch(address, { mode });
      got[mode] = `${answer.type} ${answer.status} ${await answer.text()}`;
    } catch (error) { got[mode] = error.name; }
  }
  const load = (name, attributes) => new Promise((resolve) => {
    const element = Object.assign(document.createElement(name), attributes);
    const text = () => element.contentDocument?.body.innerText ?? "";
    const end = (how) => () => { got[name] = how + text(); resolve(); };
    element.onload = end("loaded ");
    element.onerror = end("error");
    document.body.append(element);
  });
  await load("img", { src: address });
  await load("script", { src: address });
  await load("iframe", { src: address });
  got.sandboxed = await new Promise((resolve) => {
    addEventListener("message", (message) => resolve(message.data), { once: true });
    const script = `fetch("${address}").then((answer) => answer.text()).catch((error) => error.name)
      .then((text) => parent.postMessage(text, "*"))`;
    const frame = Object.assign(document.createElement("iframe"), { sandbox: "allow-scripts" });
    frame.srcdoc = `<script>${script}</` + "script>";
    document.body.append(frame);
  });
  return got;
}
"""


def test_a_page_of_another_site_gets_nothing(
    server: PracticeServer, foreign_site: int, browser: Browser
) -> None:
    """Whatever way its script tries, it reads nothing, uses no quota, and the server
    counts nothing.
    """
    page = browser.new_page()
    statuses: list[tuple[str, int]] = []
    page.on(
        "response", lambda response: statuses.append((response.url, response.status))
    )
    page.goto(f"{EVIL}:{foreign_site}/")
    got = page.evaluate(STEAL, server.url)
    assert got["cors"] == got["same-origin"] == got["sandboxed"] == "TypeError"
    assert got["no-cors"] == "opaque 0 "
    assert (got["img"], got["script"], got["iframe"]) == ("error", "error", "loaded ")
    assert {status for url, status in statuses if url == server.url} == {403}
    assert server.stats().started == 0

    page.goto(
        f"{EVIL}:{server.port}/get"
    )  # its own name, pointed at the practice server
    assert page.inner_text("body") == "Invalid host header"
    assert server.stats().started == 0

    page.goto(f"{EVIL}:{foreign_site}/")
    page.set_content(f'<a href="{server.url}">a link</a>')
    page.click("a")
    page.wait_for_url(server.url)
    assert '"origin":"127.0.0.1"' in page.inner_text(
        "body"
    )  # a person followed it, and sees it
    assert server.stats().accepted == 1
    page.close()
