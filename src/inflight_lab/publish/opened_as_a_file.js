// JupyterLab needs a web server: a page that was opened as a file says how to start one.

const live = document.querySelector('a[href^="live/"]');

if (location.protocol === "file:" && live) {
  const command = document.createElement("code");
  command.textContent = "python3 -m http.server";
  const hint = document.createElement("p");
  hint.append(
    "This page was opened as a file, and JupyterLab needs a web server: run ",
  );
  hint.append(
    command,
    " in the folder of this page, then open http://localhost:8000/.",
  );
  live.closest("p")?.after(hint);
}
