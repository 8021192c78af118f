// One plot, as a widget of its own.

import { View } from "./view.js";
import { widget } from "./widget.js";

export default widget("ifl-plot", ({ root, views, model, signal }) => {
  views.push(new View(root, model, signal));
});
