// Elements.

export function div(className, parent, text = "") {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text; // never innerHTML: texts may come from a server
  parent.append(element);
  return element;
}
