// @ts-nocheck: without types so far.
// One plot, as a widget of its own.

import { view, widget } from "./view.js";

export default widget(
  "ifl-plot",
  ({ root, views, model, signal }) => views.push(view(root, model, signal)),
);
