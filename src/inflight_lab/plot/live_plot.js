// One plot, as a widget of its own.

import { followTheme } from "./dom.js";
import { connect, view } from "./view.js";

export default {
  render({ model, el }) {
    const plot = view(el, model);
    const ends = [followTheme(plot.root, plot.layout), connect(model, [plot])];
    return () => ends.forEach((end) => end());
  },
};
