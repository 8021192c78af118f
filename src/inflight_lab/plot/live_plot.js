// One plot, as a widget of its own.

import { div, followTheme } from "./dom.js";
import { connect, view } from "./view.js";

export default {
  render({ model, el }) {
    const life = new AbortController(), { signal } = life, views = [], root = div("ifl-plot", el);
    followTheme(root, () => views.forEach((each) => each.layout()), signal);
    views.push(view(root, model, signal));
    connect(model, views, signal);
    return () => life.abort();
  },
};
