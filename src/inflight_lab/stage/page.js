// What a page with simulated runs needs.

import { defineToy } from "./toy.js";

defineToy();
