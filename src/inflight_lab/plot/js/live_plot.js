// One plot, as a widget of its own.

import { follow } from "./dom.js";
import { View } from "./view.js";
import { settingsOf } from "./view_settings.js";
import { widget } from "./widget.js";

export default widget("ifl-plot", ({ root, views, model, signal }) => {
  const view = new View(root, settingsOf(model), signal);
  follow(model, ["view"], () => view.choose(settingsOf(model)), signal);
  views.push(view);
});
