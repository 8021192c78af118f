// One plot, as a widget of its own.

import { followTheme } from "./dom.js";
import { connect, view } from "./view.js";

export default {
  render({ model, el }) {
    const life = new AbortController(), plot = view(el, model, life.signal);
    followTheme(plot.root, plot.layout, life.signal);
    connect(model, [plot], life.signal);
    return () => life.abort();
  },
};
